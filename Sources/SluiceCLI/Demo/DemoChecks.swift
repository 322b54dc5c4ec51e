import Foundation
import SluiceCore
import SluiceInspector

/// Compares the results of the workers with the real digests.
struct DemoChecks: Sendable {
    let files: [FileScan.File]
    let inspector: Inspector

    /// The id of a file's job.
    static func id(_ index: Int) -> JobID { JobID(known: "file-\(index + 1)") }

    /// A check for each file, in order.
    func run() async throws -> [DemoReport.Check] {
        var checks = [DemoReport.Check](repeating: DemoReport.Check(), count: files.count)
        let lanes = max(ProcessInfo.processInfo.activeProcessorCount, 2)
        try await withThrowingTaskGroup(of: [(Int, DemoReport.Check)].self) { group in
            for lane in 0..<lanes {
                group.addTask {
                    var found: [(Int, DemoReport.Check)] = []
                    for index in stride(from: lane, to: files.count, by: lanes) {
                        try Task.checkCancellation()
                        found.append((index, try await check(index)))
                    }
                    return found
                }
            }
            for try await found in group {
                for (index, check) in found { checks[index] = check }
            }
        }
        return checks
    }

    private func check(_ index: Int) async throws -> DemoReport.Check {
        let job = try await inspector.job(Self.id(index), in: HashFile.queue)
        var check = DemoReport.Check()
        if job?.state == .completed, let result = job?.result {
            check.output = try? JSONDecoder().decode(HashFile.Output.self, from: Data(result.utf8))
        }
        if let digest = try? FileDigest(of: files[index].path), digest.stamp == files[index].stamp {
            check.expected = digest.sha256
        }
        return check
    }
}
