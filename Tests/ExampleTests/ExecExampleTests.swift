import Foundation
import SluiceCore
import SluiceInspector
import SluiceTesting
import Subprocess
import TestSupport
import Testing

/// `count_words.py`, started as its head says.
@Suite(.timeLimit(.minutes(10)))
struct ExecExampleTests {
    @Test func wordsAreCountedInPython() async throws {
        let sluice = try await Program("sluice")
        let log = Program.newFile()
        defer { try? FileManager.default.removeItem(at: log) }
        for (id, arguments) in [("a", #"{"text":"to be or not to be"}"#), ("b", #"{"words":3}"#)] {
            let result = try await sluice("enqueue", "texts", "--kind", "count", "--id", id, "--args", arguments)
            #expect(result.status == .exited(0), "\(result.error)")
        }
        let script = Program.root.appending(path: "Sources/Examples/ExecWorker/count_words.py").path
        let inspector = try Inspector(url: sluice.server.url)
        let status = try await sluice.run(["worker", "texts", "--exec", "python3 '\(script)'"], output: log) {
            let good = try await ended("a", inspector)
            #expect(good.state == .completed && good.result == #"{"words": 6, "attempt": 1}"#, "\(good)")
            let bad = try await ended("b", inspector)
            #expect(bad.state == .discarded && bad.failures.last?.message.contains("no text") == true, "\(bad)")
        }
        #expect(status == .exited(0))
        await inspector.close()
    }

    private func ended(_ id: String, _ inspector: Inspector) async throws -> JobDetails {
        try await eventually("the end of \(id)") {
            guard let job = try await inspector.job(JobID(id), in: "texts"), job.state.isEnded else { return nil }
            return job
        }
    }
}
