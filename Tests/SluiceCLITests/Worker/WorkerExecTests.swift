import Foundation
import SluiceCore
import SluiceWorker
import Subprocess
import Testing

@testable import SluiceCLI

/// Children that behave badly, in all the ways that children do.
@Suite(.timeLimit(.minutes(10)))
struct WorkerExecTests {
    private func shell(_ script: String) throws -> ExecCommand {
        var command = try ExecCommand("/bin/sh -c '\(script)'")
        command.killGrace = .milliseconds(200)
        return command
    }

    private func run(_ script: String, _ input: String = "{}") async throws -> ExecEnd {
        // Writing to a child that is gone is an error of one write, as in the tool.
        signal(SIGPIPE, SIG_IGN)
        return try await shell(script).run(Array(input.utf8), environment: ["SLUICE_JOB_ID": "job-1"])
    }

    private func text(_ end: ExecEnd) -> String { String(decoding: end.output.bytes, as: UTF8.self) }

    @Test func argumentsAndEnvironmentArrive() async throws {
        let end = try await run(#"cat; echo " $SLUICE_JOB_ID $PATH"; echo oops >&2; exit 7"#, #"{"a":[1]}"#)
        #expect(end.status == .exited(7))
        #expect(text(end).hasPrefix(#"{"a":[1]} job-1 /"#))
        #expect(end.errors.text() == "oops")
        #expect(!end.wasInterrupted)
    }

    @Test func variablesPassByteByByte() {
        func bytes(_ name: String, _ value: [UInt8]) -> [UInt8] { Array("\(name)=".utf8) + value + [0] }
        let inherited = [
            bytes("RAW", [0x61, 0xFF]), bytes("KEY", [0x62]), bytes("KEYS", [0x63]), bytes("EMPTY", []), [0x78, 0],
        ]
        let changed = ExecEnvironment(inherited, changing: ["KEY": nil, "EMPTY": "full", "NEW": "ä=1"])
        #expect(changed.entries.prefix(3) == [inherited[0], inherited[2], inherited[4]])
        #expect(Set(changed.entries.dropFirst(3)) == [bytes("EMPTY", Array("full".utf8)), bytes("NEW", Array("ä=1".utf8))])
        #expect(ExecEnvironment(changing: [:]).entries.contains { $0.starts(with: "PATH=/".utf8) && $0.last == 0 })
    }

    @Test func wordsArriveAsTheyAre() async throws {
        let end = try await ExecCommand(#"printf '[%s]' '$HOME' "a  b" '' *"#).run([], environment: [:])
        #expect(text(end) == "[$HOME][a  b][][*]")
    }

    @Test func aProcessGroupOfItsOwn() async throws {
        // Field 5 of its own stat is the group.
        let end = try await run("cut -d\" \" -f1,5 /proc/$$/stat")
        let numbers = text(end).split(whereSeparator: \.isWhitespace)
        #expect(numbers.count == 2 && numbers.first == numbers.last, "\(numbers)")
    }

    @Test func aChildThatNeverReads() async throws {
        let end = try await run("exit 3", String(repeating: "x", count: 1 << 20))
        #expect(end.status == .exited(3))
    }

    @Test func aChildThatNeverReadsAndClosesItsOutputs() async throws {
        let end = try await run("exec >&- 2>&-; sleep 0.3; exit 4", String(repeating: "x", count: 1 << 20))
        #expect(end.status == .exited(4))
    }

    @Test func aChildThatReadsSlowly() async throws {
        let input = String(repeating: "0123456789", count: 60_000)
        let end = try await run("exec 2>&-; sleep 0.2; wc -c", input)
        #expect(text(end).trimmingCharacters(in: .whitespacesAndNewlines) == "600000")
    }

    @Test func aHundredMegabytes() async throws {
        let end = try await run("head -c 100000000 /dev/zero; head -c 100000000 /dev/zero >&2; echo end >&2")
        #expect(end.status == .exited(0))
        #expect(end.output.total == 100_000_000)
        #expect(end.output.bytes.count == 1 << 20)
        #expect(end.errors.text().hasSuffix("end"))
    }

    @Test func aSignalEndsIt() async throws {
        #expect(try await run("kill -SEGV $$").status == .killed(signal: SIGSEGV))
    }

    @Test func signalsAreAsTheyShouldBe() async throws {
        // A shell that inherits an ignored SIGPIPE would let `yes` go on for ever.
        #expect(text(try await run("yes | head -n 1")) == "y\n")
        #expect(try await run("kill -TERM $$; sleep 100").status == .killed(signal: SIGTERM))
    }

    /// Runs a script whose descriptor 9 tells when all of its processes are gone, and returns once they are.
    private func untilAllAreGone(
        _ script: String, _ body: @escaping @Sendable (ExecCommand) async throws -> ExecEnd
    ) async throws -> ExecEnd {
        let pipe = FileManager.default.temporaryDirectory.appendingPathComponent("fifo-\(UInt64.random(in: .min ... .max))").path
        #expect(mkfifo(pipe, 0o600) == 0)
        defer { unlink(pipe) }
        let command = try shell("exec 9>\(pipe); echo ready >&9; \(script)")
        async let reader = Subprocess.run(.name("cat"), arguments: [pipe], output: .string(limit: 100))
        let end = try await body(command)
        #expect(try await reader.standardOutput == "ready\n")
        return end
    }

    @Test func aGrandchildThatHoldsThePipes() async throws {
        let end = try await untilAllAreGone("sleep 1000 & echo left; exit 5") { try await $0.run([], environment: [:]) }
        #expect(end.status == .exited(5))
        #expect(text(end) == "left\n")
    }

    @Test func aGrandchildThatNeverStopsTalking() async throws {
        let end = try await untilAllAreGone("yes & yes >&2 & exit 6") { try await $0.run([], environment: [:]) }
        #expect(end.status == .exited(6))
    }

    /// Cancels the run once the child has closed its standard output.
    private func cancelled(_ script: String) async throws -> ExecEnd {
        let started = FileManager.default.temporaryDirectory.appendingPathComponent("fifo-\(UInt64.random(in: .min ... .max))")
            .path
        #expect(mkfifo(started, 0o600) == 0)
        defer { unlink(started) }
        return try await untilAllAreGone(script.replacing("STARTED", with: "echo started >\(started)")) { command in
            try await withThrowingTaskGroup(of: ExecEnd?.self) { group in
                group.addTask { try await command.run(Array("{}".utf8), environment: [:]) }
                _ = try await Subprocess.run(.name("cat"), arguments: [started], output: .discarded)
                group.cancelAll()
                return try #require(try await group.next() ?? nil)
            }
        }
    }

    @Test func cancellationIsToldBySIGTERM() async throws {
        let end = try await cancelled("trap \"exit 0\" TERM; STARTED; while :; do sleep 0.05; done")
        #expect(end.status == .exited(0))
        #expect(end.wasInterrupted)
    }

    @Test func aChildThatIgnoresSIGTERM() async throws {
        let end = try await cancelled("trap \"\" TERM; (sleep 1000; echo never) & STARTED; sleep 1000")
        #expect(end.status == .killed(signal: SIGKILL))
        #expect(end.wasInterrupted)
    }

    @Test func aGrandchildThatIgnoresSIGTERM() async throws {
        let end = try await cancelled("(trap \"\" TERM; STARTED; sleep 1000; sleep 1000) & wait")
        #expect(end.status == .killed(signal: SIGTERM))
    }

    @Test func aProgramThatVanishes() async throws {
        let copy = FileManager.default.temporaryDirectory.appendingPathComponent("program-\(UInt64.random(in: .min ... .max))")
            .path
        try FileManager.default.copyItem(atPath: "/bin/true", toPath: copy)
        let command = try ExecCommand(copy)
        #expect(try await command.run([], environment: [:]).status == .exited(0))
        try FileManager.default.removeItem(atPath: copy)
        await #expect(throws: WorkerUnable.self) { try await command.run([], environment: [:]) }
    }
}
