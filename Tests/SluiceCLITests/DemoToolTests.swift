import Foundation
import Subprocess
import SystemPackage
import Testing

@testable import SluiceCLI

/// `sluice demo` as people and scripts run it.
@Suite(.timeLimit(.minutes(10)), .serialized)
struct DemoToolTests {
    private struct Report: Decodable {
        var files: Int
        var completed: Int
        var wrong: Int
        var missing: Int
        var runs: Int
        var killed: Int
        var reclaimed: Int
        var jobs_per_second: Double
        var start_p50_ms: Double
        var start_p99_ms: Double
        var audit: String
    }

    /// Runs the demo as somebody who may not read everything, which root may.
    private func demo(_ arguments: String...) async throws -> (status: TerminationStatus, output: String, error: String) {
        var platform = PlatformOptions()
        if geteuid() == 0 {
            platform.userID = 65_534
            platform.groupID = 65_534
        }
        let result = try await Subprocess.run(
            .path(FilePath(try Tool.path)), arguments: Arguments(["demo"] + arguments),
            environment: .inherit.updating(["SLUICE_REDIS_URL": "redis://127.0.0.1:1", "TMPDIR": nil]),
            platformOptions: platform, output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        return (result.terminationStatus, result.standardOutput, result.standardError)
    }

    @Test func itFindsEveryDigest() async throws {
        let tree = try DemoTree()
        defer { tree.remove() }
        try tree.addUnreadable()
        let result = try await demo(tree.path, "--json")
        #expect(result.status == .exited(0))
        #expect(result.error == "")
        let report = try JSONDecoder().decode(Report.self, from: Data(result.output.utf8))
        let keys = try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]).keys
        #expect(
            keys.sorted() == [
                "audit", "completed", "files", "jobs_per_second", "killed", "missing", "reclaimed", "runs", "start_p50_ms",
                "start_p99_ms", "wrong",
            ])
        #expect((report.files, report.completed, report.wrong, report.missing) == (5, 5, 0, 0))
        #expect(report.killed == 1)
        #expect(report.reclaimed >= 1)
        #expect(report.runs == 5 + report.reclaimed)
        #expect(report.audit == "clean")
        #expect(report.jobs_per_second > 0)
        #expect(report.start_p99_ms >= report.start_p50_ms)
    }

    @Test func peopleSeeWhatHappens() async throws {
        let tree = try DemoTree()
        defer { tree.remove() }
        try tree.addUnreadable()
        let result = try await demo(tree.path)
        #expect(result.status == .exited(0))
        for text in [
            "SHA-256 of 5 files", "2 cannot be read", "killed by SIGKILL", "in place of worker", "taken back", "5 of 5 done",
            "Nothing was lost",
        ] {
            #expect(result.output.contains(text), "\(result.output)")
        }
        #expect(!result.output.contains("\u{1B}"))
    }

    @Test func nothingToReadIsToldInOneLine() async throws {
        let tree = try DemoTree()
        defer { tree.remove() }
        try FileManager.default.createDirectory(atPath: tree.path + "/bare", withIntermediateDirectories: false)
        for (path, hint) in [(tree.path + "/bare", "no files"), (tree.path + "/nothing", "No such file")] {
            let result = try await demo(path)
            #expect(result.status == .exited(2))
            #expect(result.output == "")
            #expect(result.error.contains(hint))
            #expect(result.error.split(separator: "\n").count == 1)
        }
        #expect(try await demo("--redis", "redis://127.0.0.1").status == .exited(2))
    }

    @Test func nothingIsLeftAfterAnInterrupt() async throws {
        let tree = try DemoTree()
        defer { tree.remove() }
        let result = try await Subprocess.run(
            .path(FilePath(try Tool.path)), arguments: ["demo", tree.path], input: .none, output: .sequence,
            error: .string(limit: 1 << 16)
        ) { child in
            var seen = ""
            // The lease of the dead has two seconds to go when this is said.
            for try await line in child.standardOutput.strings() {
                seen += line
                if line.contains("waiting for the lease") { try child.send(signal: .interrupt) }
            }
            return seen
        }
        #expect(result.terminationStatus == .exited(130))
        #expect(result.closureResult.contains("waiting for the lease"))
        #expect(result.standardError.contains("nothing is left behind"))
    }
}
