import Foundation
import Hiredis
import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceToolSupport
import Subprocess
import SystemPackage
import Testing

@testable import SluiceCLI

extension Tool {
    typealias Child = Execution<NoInput, DiscardedOutput, StringOutput<UTF8>>

    /// Runs a worker of the queue `mail` while `body` runs. Returns its exit status and what it logged.
    /// - Parameter shell: What a shell does before it becomes the worker.
    func worker(
        _ command: String, _ options: [String] = [], environment: [String: String] = [:], after shell: String = ":",
        _ body: (Child, Inspector) async throws -> Void
    ) async throws -> (status: TerminationStatus, log: String) {
        let inspector = Inspector(Store(try RedisConfiguration(url: url), namespace: try Namespace(namespace)))
        var changes: [Environment.Key: String?] = ["SLUICE_REDIS_URL": url]
        for (name, value) in environment { changes.updateValue(value, forKey: Environment.Key(stringLiteral: name)) }
        let result = try await Subprocess.run(
            .path("/bin/sh"),
            arguments: Arguments(
                ["-c", "\(shell); exec \"$0\" \"$@\"", try Self.path, "--namespace", namespace, "worker", "mail"]
                    + ["--exec", command] + options),
            environment: .inherit.updating(changes), input: .none, output: .discarded,
            error: .string(limit: 1 << 20)
        ) { child in
            do {
                try await body(child, inspector)
            } catch {
                Issue.record(error)
                try? child.send(signal: .kill)
            }
        }
        await inspector.close()
        return (result.terminationStatus, result.standardError)
    }

    /// A path where nothing is.
    static func newPath() -> String {
        FileManager.default.temporaryDirectory.appendingPathComponent("go-\(UInt64.random(in: .min ... .max))").path
    }

    /// Waits for what other processes do; each try runs a command, which is what lets time pass.
    func job(_ id: String, _ inspector: Inspector, _ condition: (JobDetails) -> Bool) async throws -> JobDetails {
        let deadline = ContinuousClock.now + .seconds(300)
        while true {
            let job = try await inspector.job(JobID(id), in: "mail")
            if let job, condition(job) { return job }
            guard ContinuousClock.now < deadline else {
                throw Failure("it did not happen within 300 s: \(String(describing: job))")
            }
            _ = try await Subprocess.run(.name("true"), output: .discarded)
        }
    }
}
