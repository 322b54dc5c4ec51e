import ScenarioSupport
import Sluice

@testable import crawler

/// Evidence in which all requirements hold, made up: what the tests of the checks break one by one. Times are in microseconds.
enum CrawlerEvidence {
    static let lookup = Item.id(3023, 1)
    static let plain = Item.id(20, 2)
    static let failing = Item.id(16, 3)
    static let killer = Item.id(Item.killer.number, Trials.first)

    static func run(
        _ id: String, at claimed: Int, attempt: Int = 1, process: Int32 = 1, took: Int? = 1000, end: CrawlRun.End? = .ok
    ) -> CrawlRun {
        CrawlRun(
            id: id, process: process, attempt: attempt, claimed: claimed, ended: took.map { claimed + $0 },
            end: took == nil ? nil : end)
    }

    static func call(of run: CrawlRun, status: Int = 200, key: String = Scale.ownKey, delay: Int = 500) -> APICall {
        APICall(time: run.claimed + delay, key: key, id: run.id, fence: run.claimed, status: status)
    }

    /// An outage from 10 to 20 s, a refused key from 30 to 40 s, a switch from 50 to 60 s.
    static var whole: Evidence {
        var evidence = Evidence(scale: .quick)
        let shared = run(Item.id(3, 5), at: 1_000_000)
        let hung = run(Item.id(1023, 6), at: 2_000_000, took: 2_000_000, end: .cut)
        let again = run(hung.id, at: 5_000_000, attempt: 2)
        let missed = run(lookup, at: 11_000_000, end: .unavailable(Scale.api))
        let good = [20_500_000, 40_500_000, 60_500_000].enumerated().map {
            run(Item.id(4023 + $0.offset * 10, 7), at: $0.element)
        }
        evidence.runs = [
            shared, hung, again, missed, run(lookup, at: 21_000_000), run(plain, at: 12_000_000),
            run(failing, at: 6_000_000, end: .failed), run(failing, at: 6_300_000, attempt: 2),
            run(killer, at: 1_000_000, process: 9, took: nil),
        ]
        evidence.runs = (evidence.runs + good).sorted { $0.claimed < $1.claimed }
        evidence.calls =
            [call(of: shared, key: Scale.sharedKey), call(of: hung, status: 0), call(of: again)] + good.map { call(of: $0) }
        evidence.calls.append(call(of: run(lookup, at: 21_000_000)))
        fill(&evidence)
        return evidence
    }

    private static func fill(_ evidence: inout Evidence) {
        func sample(_ time: Int, live: Int, oldest: Duration) -> Evidence.Sample {
            Evidence.Sample(time: time, enqueued: live + 50, present: live + 10, removed: 40, live: live, oldest: oldest)
        }
        let paused = (sample(7_000_000, live: 5, oldest: .seconds(1)), sample(7_100_000, live: 105, oldest: .milliseconds(1100)))
        evidence.samples = [paused.0, paused.1]
        evidence.pause = Evidence.PauseTrial(added: 100, before: paused.0, after: paused.1)
        evidence.mark = Evidence.MarkTrial(
            mark: 145, waiting: 105, sent: 100, admitted: 40, refused: 60, advised: 60, later: 60)
        evidence.twins = [.scheduled, .available, .retryable, .executing].map {
            Evidence.TwinTrial(state: $0, owners: ["a"], added: 0)
        }
        evidence.replaced = ("h20030.200", ["h20030.0", "h20030.200"])
        evidence.outage = Evidence.Episode(
            from: 10_000_000, to: 20_000_000, openUntil: 20_700_000, waiting: 5, others: 0, processes: [1])
        evidence.rejection = Evidence.Episode(
            from: 30_000_000, to: 40_000_000, openUntil: 40_900_000, waiting: 5, processes: [1])
        evidence.off = Evidence.Episode(from: 50_000_000, to: 60_000_000, waiting: 5, others: 0, processes: [1])
        evidence.without = 1
        evidence.batches = (.seconds(1), .seconds(1))
        evidence.bulk = [Evidence.Bulk(what: "purge", expected: 10, changed: 10, largestStep: 500, isComplete: true)]
        evidence.again = [Evidence.Again(ending: "cancelled", isNew: true)]
        evidence.locks = Evidence.Locks(all: 7, periods: 7, live: 0)
        evidence.drain = Evidence.Drain(from: 60_000_000, to: 70_000_000, calls: 2000)
        evidence.announced = [(0, 1_000_000), (3000, 6_400_000), (6000, 6_500_000)]
        evidence.killed = [9: 1_001_000]
        evidence.warned = [1]
        evidence.counted = 1
        evidence.lateRefusals = 1
    }
}
