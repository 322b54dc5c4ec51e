import Foundation
import SluiceCore
import SluiceInspector
import Subprocess
import Testing

@testable import SluiceCLI

/// Exec workers that cannot start their commands, and commands that tell what they should not.
@Suite(.timeLimit(.minutes(10)))
struct WorkerTroubleTests {
    @Test func aCommandThatIsGoneForAWhileCostsNoAttempt() async throws {
        let tool = try await Tool()
        let path = Tool.newPath()
        defer { unlink(path) }
        try FileManager.default.copyItem(atPath: "/bin/true", toPath: path)
        let end = try await tool.worker(path, ["--concurrency", "3"]) { child, inspector in
            _ = try await tool.run("enqueue", "mail", "--id", "first", "--max-attempts", "1")
            _ = try await tool.job("first", inspector) { $0.state == .completed }
            #expect(rename(path, path + "-away") == 0)
            let lines = String(repeating: "x\n", count: 11)
            _ = try await tool.run("enqueue", "mail", "--lines", "--max-attempts", "1", input: lines)
            _ = try await tool.run("enqueue", "mail", "--id", "last", "--max-attempts", "1")
            while try await inspector.status(of: "mail").totals["released", default: 0] == 0 {
                _ = try await Subprocess.run(.name("true"), output: .discarded)
            }
            #expect(rename(path + "-away", path) == 0)
            let last = try await tool.job("last", inspector) { $0.state == .completed }
            #expect(last.attempts == 0)
            let status = try await inspector.status(of: "mail")
            #expect(status.totals["discarded", default: 0] == 0)
            try child.send(signal: .terminate)
        }
        #expect(end.status == .exited(0))
        let lines = end.log.split(separator: "\n").filter { $0.contains("cannot run jobs") }
        // One each time that nothing is claimed for a while, and that longer each time.
        #expect((1...6).contains(lines.count), "\(lines)")
        #expect(lines.first?.contains("No such file") == true)
        #expect(try await tool.run("audit").status == 0)
    }

    @Test func moreCommandsThanThereAreDescriptorsForCostNoAttempt() async throws {
        let tool = try await Tool()
        let lines = String(repeating: "x\n", count: 60)
        _ = try await tool.run("enqueue", "mail", "--lines", "--max-attempts", "1", input: lines)
        let end = try await tool.worker("sleep 0.3", ["--concurrency", "60"], after: "ulimit -n 100") { child, inspector in
            while try await inspector.status(of: "mail").states[.completed] != 60 {
                #expect(try await inspector.status(of: "mail").states[.discarded, default: 0] == 0)
                _ = try await Subprocess.run(.name("true"), output: .discarded)
            }
            #expect(try await inspector.status(of: "mail").totals["released", default: 0] > 0)
            try child.send(signal: .terminate)
        }
        #expect(end.status == .exited(0))
        #expect(end.log.contains("open files"))
    }

    /// Bytes that are no text, in the environment of the worker and in what a command prints.
    @Test func bytesThatAreNoTextPassAsTheyAre() async throws {
        let tool = try await Tool()
        let path = Tool.newPath()
        defer { unlink(path) }
        let script = #"test "$SLUICE_KIND" = raw && { printf %s "$RAW"; exit; }; printf %s "$RAW" | od -An -tx1"#
        #expect(FileManager.default.createFile(atPath: path, contents: Data(script.utf8)))
        for kind in ["raw", "hex"] { _ = try await tool.run("enqueue", "mail", "--id", kind, "--kind", kind) }
        let end = try await tool.worker("/bin/sh \(path)", after: #"RAW=$(printf 'a\377x'); export RAW"#) { child, inspector in
            let hex = try await tool.job("hex", inspector) { $0.state == .completed }
            #expect(hex.result == #"" 61 ff 78""#)
            let raw = try await tool.job("raw", inspector) { $0.state == .completed }
            #expect(raw.result == #"{"base64":"Yf94"}"#)
            try child.send(signal: .terminate)
        }
        #expect(end.status == .exited(0), "\(end.log)")
    }

    @Test func whatACommandRepeatsOfItsArgumentsIsShownNowhere() async throws {
        let tool = try await Tool()
        let arguments = #"{"card":"HUN\"TER\\2SECRET","owner":"päss/wörd"}"#
        for id in ["bad", "good"] {
            #expect(
                try await tool.run(
                    "enqueue", "mail", "--id", id, "--kind", id, "--args", arguments, "--redact", "card", "--redact", "owner"
                ).status == 0)
        }
        let path = Tool.newPath()
        defer { unlink(path) }
        let script = #"""
            in=$(cat)
            printf '%s' "$in"
            test "$SLUICE_KIND" = good && exit
            printf '%s p\\u00e4ss\\/w\\u00F6rd' "$in" >&2
            exit 1
            """#
        #expect(FileManager.default.createFile(atPath: path, contents: Data(script.utf8)))
        let end = try await tool.worker("/bin/sh \(path)") { child, inspector in
            let bad = try await tool.job("bad", inspector) { $0.state == .retryable }
            #expect(
                bad.failures.last?.message
                    == #"the command exited with status 1: {"card":"[redacted]","owner":"[redacted]"} [redacted]"#)
            let good = try await tool.job("good", inspector) { $0.state == .completed }
            #expect(good.result == #"{"card":"[redacted]","owner":"[redacted]"}"#)
            try child.send(signal: .terminate)
        }
        #expect(end.status == .exited(0))
        // None of these can be a part of the worker's id, which has a random part of digits and lower-case letters.
        for part in ["HUN", "2SECRET", "ss/w", #"\u00"#] { #expect(!end.log.contains(part), "\(end.log)") }
    }
}
