import Foundation
import Hiredis
import SluiceCore
import SluiceInspector
import SluiceStore
import Subprocess
import SystemPackage
import Testing

@testable import SluiceCLI

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// `sluice worker` as people run it.
@Suite(.timeLimit(.minutes(10)))
struct WorkerToolTests {
    @Test func jobsEndAsTheirCommandsDo() async throws {
        let tool = try await Tool()
        for (id, script) in [
            ("json", #"echo "{\"n\": 9007199254740993}""#), ("text", "echo hello"), ("silent", ":"),
            ("bad", "echo no such account >&2; exit 65"), ("later", "echo busy >&2; exit 75"), ("dead", "kill -9 $$"),
            (
                "told",
                "echo $SLUICE_JOB_ID $SLUICE_QUEUE $SLUICE_KIND $SLUICE_ATTEMPT ${SLUICE_FENCE:+fence} v$SLUICE_ARGS_VERSION "
                    + "[$SLUICE_REDIS_URL]"
            ),
        ] {
            let arguments = String(decoding: JSONValue.string(script).encoded(), as: UTF8.self)
            #expect(try await tool.run("enqueue", "mail", "--id", id, "--kind", "shell", "--args", arguments).status == 0)
        }
        // The arguments are a JSON string, which a shell can run once its quotes are off.
        let runner = #"/bin/sh -c 'eval "$(sed -e "s/^.//" -e "s/.$//" -e "s/\\\\\\(.\\)/\\1/g")"'"#
        let end = try await tool.worker(runner, ["--concurrency", "3"]) { child, inspector in
            let results = ["json": #"{"n": 9007199254740993}"#, "text": #""hello""#, "told": #""told mail shell 1 fence v1 []""#]
            for id in ["json", "text", "silent", "told"] {
                let job = try await tool.job(id, inspector) { $0.state == .completed }
                #expect(job.result == results[id])
            }
            let bad = try await tool.job("bad", inspector) { $0.state == .discarded }
            #expect(bad.failures.last?.message == "the command exited with status 65: no such account")
            let later = try await tool.job("later", inspector) { $0.state == .retryable }
            #expect(later.failures.last?.message == "the command exited with status 75: busy")
            let dead = try await tool.job("dead", inspector) { $0.state == .retryable }
            #expect(dead.failures.last?.message == "the command was killed by SIGKILL")
            try child.send(signal: .terminate)
        }
        #expect(end.status == .exited(0))
        #expect(end.log.contains("worker started"))
        #expect(end.log.contains("worker stopped"))
        #expect(try await tool.run("audit").status == 0)
    }

    @Test func aTimeoutEndsTheChildAndTheJobIsTriedAgain() async throws {
        let tool = try await Tool()
        _ = try await tool.run("enqueue", "mail", "--id", "a", "--timeout", "200ms")
        let end = try await tool.worker("sleep 1000") { child, inspector in
            let job = try await tool.job("a", inspector) { $0.state == .retryable }
            #expect(job.failures.last?.message.contains("took longer") == true)
            try child.send(signal: .interrupt)
        }
        #expect(end.status == .exited(0))
    }

    @Test func aCancelledJobLosesItsChild() async throws {
        let tool = try await Tool()
        _ = try await tool.run("enqueue", "mail", "--id", "a")
        // Nothing but the cancellation ends it while the test lasts.
        let end = try await tool.worker("sleep 1000", ["--lease", "1h"]) { child, inspector in
            _ = try await tool.job("a", inspector) { $0.state == .executing }
            #expect(try await tool.run("jobs", "cancel", "a").status == 0)
            _ = try await tool.job("a", inspector) { $0.state == .cancelled }
            try child.send(signal: .terminate)
        }
        #expect(end.status == .exited(0))
    }

    @Test(arguments: [
        ("echo done; exit 0", JobState.completed, #""done""#), ("exit 0", .cancelled, ""), ("echo no; exit 1", .cancelled, ""),
    ])
    func aCommandThatIsCancelledCompletesByStatusZeroAndAResult(
        _ answer: String, _ state: JobState, _ result: String
    ) async throws {
        let tool = try await Tool()
        _ = try await tool.run("enqueue", "mail", "--id", "a")
        let path = Tool.newPath()
        defer { unlink(path) }
        let command = "sh -c 'trap \"\(answer)\" TERM; : >\(path); while :; do sleep 0.05; done'"
        let end = try await tool.worker(command, ["--lease", "1h"]) { child, inspector in
            _ = try await tool.job("a", inspector) { _ in FileManager.default.fileExists(atPath: path) }
            #expect(try await tool.run("jobs", "cancel", "a").status == 0)
            let job = try await tool.job("a", inspector) { $0.state == state }
            #expect(job.result ?? "" == result)
            try child.send(signal: .terminate)
        }
        #expect(end.status == .exited(0))
    }

    @Test func whatIsMissingCostsNoAttempt() async throws {
        let tool = try await Tool()
        let path = Tool.newPath()
        defer { unlink(path) }
        _ = try await tool.run("enqueue", "mail", "--id", "a", "--needs", "tmdb", "--needs", "imdb?")
        _ = try await tool.run("dependencies", "off", "imdb")
        let command = "sh -c 'test -e \(path) || { echo away >&2; exit 69; }; echo without $SLUICE_UNAVAILABLE'"
        let end = try await tool.worker(command, ["--dependency", "tmdb"]) { child, inspector in
            let waiting = try await tool.job("a", inspector) { $0.waits >= 1 }
            #expect(waiting.attempts == 0)
            #expect(FileManager.default.createFile(atPath: path, contents: nil))
            let done = try await tool.job("a", inspector) { $0.state == .completed }
            #expect(done.attempts == 0)
            #expect(done.result == "\"without imdb\"")
            try child.send(signal: .terminate)
        }
        #expect(end.status == .exited(0))
        #expect(end.log.contains("tmdb"))
    }

    @Test func aWorkersLimitsAreDeclaredAndHold() async throws {
        let tool = try await Tool()
        let path = Tool.newPath()
        defer { unlink(path) }
        for id in ["a", "b", "c"] {
            _ = try await tool.run("enqueue", "mail", "--id", id, "--partition", "account=42")
        }
        let options = ["--concurrency", "3", "--limit", "concurrency=1/account", "--limit", "rate=100/1s", "--deploy", "7"]
        let command = "sh -c 'until test -e \(path); do sleep 0.05; done'"
        let end = try await tool.worker(command, options) { child, inspector in
            _ = try await tool.job("a", inspector) { $0.state == .executing }
            let limits = try await inspector.limits(of: "mail")
            #expect(limits.deploy == 7)
            #expect(limits.declared.map(\.name) == ["concurrency/account", "rate"])
            #expect(limits.running == 1)
            let reasons = try await inspector.explain(JobID("b"), in: "mail")?.reasons
            #expect(reasons?.map(\.code).contains("gate_concurrency") == true)
            #expect(FileManager.default.createFile(atPath: path, contents: nil))
            _ = try await tool.job("c", inspector) { $0.state == .completed }
            try child.send(signal: .terminate)
        }
        #expect(end.status == .exited(0))
        #expect(try await tool.run("audit").status == 0)
    }

    /// Becomes a process that runs the worker in a session with a terminal, and ends as the worker does.
    private static let onTerminal = """
        exec python3 -c '
        import os, pty, sys
        child, terminal = pty.fork()
        if child == 0: os.execv(sys.argv[1], sys.argv[1:])
        try:
            while True: os.write(2, os.read(terminal, 65536))
        except OSError: pass
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        ' "$0" "$@"
        """

    @Test(arguments: [(SIGTERM, ":"), (SIGHUP, onTerminal)])
    func aStopOrTheEndOfItsTerminalLetsTheChildEnd(_ signal: Int32, _ shell: String) async throws {
        let tool = try await Tool()
        let path = Tool.newPath()
        defer { unlink(path) }
        _ = try await tool.run("enqueue", "mail", "--id", "a")
        let command = "sh -c 'until test -e \(path); do sleep 0.05; done; echo done'"
        let end = try await tool.worker(command, after: shell) { _, inspector in
            _ = try await tool.job("a", inspector) { $0.state == .executing }
            let worker = try #require(try await inspector.workers(of: "mail").first)
            kill(try #require(worker.worker.text.split(separator: ".").dropLast().last.flatMap { Int32($0) }), signal)
            #expect(FileManager.default.createFile(atPath: path, contents: nil))
            let job = try await tool.job("a", inspector) { $0.state == .completed }
            #expect(job.result == "\"done\"")
        }
        #expect(end.status == .exited(0))
        #expect(end.log.contains("worker stopped"))
    }

    @Test func aWorkerThatShallOutliveItsTerminalDoes() async throws {
        let tool = try await Tool()
        _ = try await tool.run("enqueue", "mail", "--id", "a")
        let end = try await tool.worker("cat", after: "trap '' HUP") { child, inspector in
            _ = try await tool.job("a", inspector) { $0.state == .completed }
            try child.send(signal: .terminalClosed)
            _ = try await tool.run("enqueue", "mail", "--id", "b")
            _ = try await tool.job("b", inspector) { $0.state == .completed }
            try child.send(signal: .terminate)
        }
        #expect(end.status == .exited(0))
    }

    @Test func whatOutlastsTheGraceIsGivenBackUnharmed() async throws {
        let tool = try await Tool()
        _ = try await tool.run("enqueue", "mail", "--id", "a")
        let end = try await tool.worker("sleep 1000", ["--grace", "100ms", "--json"]) { child, inspector in
            _ = try await tool.job("a", inspector) { $0.state == .executing }
            try child.send(signal: .terminate)
            let job = try await tool.job("a", inspector) { $0.state == .available }
            #expect(job.attempts == 0)
            #expect(job.crashes == 0)
        }
        #expect(end.status == .exited(0))
        struct Line: Decodable { var time: String; var level: String; var message: String }
        let lines = try end.log.split(separator: "\n").map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
        #expect(lines.map(\.message).contains("worker stopped"))
        #expect(lines.allSatisfy { $0.level == "info" && $0.time.hasSuffix("Z") })
    }

    @Test func aSecondInterruptDoesNotWait() async throws {
        let tool = try await Tool()
        _ = try await tool.run("enqueue", "mail", "--id", "a")
        let end = try await tool.worker("sleep 1000", ["--grace", "1h"]) { child, inspector in
            _ = try await tool.job("a", inspector) { $0.state == .executing }
            // Signals that are pending together count once, so the second is sent until it has come.
            while try await inspector.job(JobID("a"), in: "mail")?.state == .executing {
                try child.send(signal: .interrupt)
                _ = try await Subprocess.run(.name("true"), output: .discarded)
            }
            #expect(try await inspector.job(JobID("a"), in: "mail")?.state == .available)
        }
        #expect(end.status == .exited(0))
        #expect(end.log.contains("stopping at once"))
    }

    @Test func redisThatIsAwayEndsItAtOnce() async throws {
        let result = try await Tool.run(["--redis", "unix:///nonexistent", "worker", "mail", "--exec", "cat"])
        #expect(result.status == 3)
        #expect(result.error.hasPrefix("sluice: "))
        #expect(result.error.split(separator: "\n").count == 1, "\(result.error)")
    }
}
