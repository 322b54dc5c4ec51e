import Foundation
import SluiceCore
import TestSupport
import Testing

/// What became of a load while primaries changed.
struct FailoverBook {
    private struct Failover {
        var what: String
        var queues: [QueueName]
        /// Before the fault, and when another primary was there, in microseconds since 1970.
        var began: Int
        var elected: Int
        var losesWrites: Bool
    }

    private var failovers: [Failover] = []

    /// Makes another server the primary of some queues, returns when it is one, and waits until all queues go on.
    mutating func note(
        _ what: String, _ affected: [QueueName], _ load: SpreadLoad, _ change: () async throws -> Void
    ) async throws {
        let began = RunHistory.now()
        try await change()
        let elected = RunHistory.now()
        await load.progress(of: 30)
        failovers.append(
            Failover(what: what, queues: affected, began: began, elected: elected, losesWrites: what != "demoted"))
        let stall = load.longestStall(in: load.queues, from: elected, to: RunHistory.now())
        print("\(what): elected after \((elected - began) / 1000) ms, then stalled for \(stall) ms at most")
        #expect(stall <= 3000, "\(what)")
    }

    /// All that was confirmed has ended, and all else but what was accepted around a failover.
    func expectKept(
        _ producers: SteadyProducers, _ load: SpreadLoad, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let accepted = producers.accepted
        let ended = Set(load.log.entries().filter(\.isEnd).map(\.id))
        let kept = try await load.completed()
        let missing = accepted.filter { !kept.contains($0.key) }
        print(
            "\(accepted.count) accepted, \(accepted.values.count { $0.isConfirmed }) confirmed, \(missing.count) lost; "
                + "ended twice: \(load.endedTwice().count); refusals: \(producers.refusals)")
        #expect(missing.filter(\.value.isConfirmed).keys.sorted() == [], sourceLocation: sourceLocation)
        #expect(kept.subtracting(accepted.keys) == [], sourceLocation: sourceLocation)
        #expect(kept.subtracting(ended) == [], sourceLocation: sourceLocation)
        var losses: [String: Int] = [:]
        for (id, job) in missing {
            let queue = QueueName(stringLiteral: String(id.prefix { $0 != "-" }))
            let cause = failovers.first { failover in
                failover.losesWrites && failover.queues.contains(queue) && job.accepted > failover.began - 1_000_000
                    && job.accepted < failover.elected + 1_000_000
            }
            #expect(cause != nil, "\(id) of \(job.accepted) is lost", sourceLocation: sourceLocation)
            losses[cause?.what ?? "", default: 0] += 1
        }
        if !losses.isEmpty { print("lost when the primary was: \(losses)") }
    }
}
