import Foundation
import Sluice
import SluiceInspector

/// Looks at the queue again and again, as a monitor does.
actor Sampler {
    private let inspector: Inspector
    private(set) var samples: [Evidence.Sample] = []

    init(_ inspector: Inspector) { self.inspector = inspector }

    /// Until it is cancelled.
    func run() async {
        while !Task.isCancelled {
            if let sample = try? await sample() { samples.append(sample) }
            try? await Task.sleep(for: .milliseconds(100))
        }
    }

    func sample() async throws -> Evidence.Sample {
        let status = try await inspector.status(of: CrawlStage.queue)
        func total(_ names: String...) -> Int { names.reduce(0) { $0 + (status.totals[$1] ?? 0) } }
        return Evidence.Sample(
            time: Int(status.time.timeIntervalSince1970 * 1000) * 1000, enqueued: total("enqueued", "visiting"),
            present: status.states.values.reduce(0, +), removed: total("removed", "passed"),
            live: status.states.filter { !$0.key.isEnded }.values.reduce(0, +), oldest: status.oldestAvailable)
    }
}
