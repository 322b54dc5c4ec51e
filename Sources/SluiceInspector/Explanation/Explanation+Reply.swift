import SluiceCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Explanation.Reason {
    /// Parses one reason of the library. An unknown reason is kept as ``other(code:detail:)``.
    package init(code: String, detail: String) {
        let fields = try? JSONDecoder().decode(Detail.self, from: Data(detail.utf8))
        self =
            fields.flatMap { Self.waiting(code, $0) ?? Self.limited(code, $0) ?? Self.described(code, $0) }
            ?? .other(code: code, detail: detail)
    }

    /// Reasons that come from the job or from the whole queue.
    private static func waiting(_ code: String, _ detail: Detail) -> Self? {
        switch code {
        case "scheduled": detail.due.map { .scheduled(due: $0.date, isRetry: detail.state == "retryable") }
        case "suspect": detail.due.map { .suspect(due: $0.date, crashes: detail.crashes?.value ?? 0) }
        case "too_large":
            detail.worker.flatMap { worker in detail.size.map { .tooLarge(size: $0.value, worker: WorkerID(known: worker)) } }
        case "paused": detail.since.map { .paused(since: $0.date, reason: detail.reason ?? "") }
        case "queue_concurrency":
            pair(detail.limit, detail.running).map { .queueConcurrency(limit: $0, running: $1) }
        case "queue_rate":
            pair(detail.allowance, detail.next).map {
                .queueRate(allowance: $0, period: detail.span, next: Date(milliseconds: $1))
            }
        case "no_worker": .noWorker
        case "unknown_kind": detail.kind.map { .unknownKind(kind: $0, workers: detail.workers?.value ?? 0) }
        case "waits":
            detail.job.map {
                .waits(
                    job: $0, state: detail.jobState, onFailed: detail.policy.flatMap { FailurePolicy(rawValue: $0) } ?? .cancel,
                    target: detail.target)
            }
        case "held": detail.job.flatMap { job in detail.jobState.map { .held(job: job, state: $0, target: detail.target) } }
        case "moving": detail.target.flatMap { queue in detail.since.map { .moving(to: queue, since: $0.date) } }
        case "suspended": .suspended
        case "deadline": detail.at.map { .deadline($0.date) }
        case "next": .next
        default: nil
        }
    }

    /// Reasons that come from gates and lanes.
    private static func limited(_ code: String, _ detail: Detail) -> Self? {
        if code == "off" {
            return detail.dependency.flatMap { name in detail.since.map { .off(dependency: name, since: $0.date) } }
        }
        guard let gate = detail.gate else { return nil }
        return switch code {
        case "gate_concurrency":
            pair(detail.limit, detail.running).map {
                .gateConcurrency(gate: gate, limit: $0, running: $1, held: detail.held?.holders ?? [])
            }
        case "chain": detail.chainHolder.map { .chain(gate: gate, $0) }
        case "gate_rate":
            pair(detail.allowance, detail.next).map {
                .gateRate(gate: gate, allowance: $0, period: detail.span, next: Date(milliseconds: $1))
            }
        case "breaker":
            detail.state.flatMap(BreakerState.init(rawValue:)).map {
                .breaker(gate: gate, state: $0, until: detail.end, probe: detail.probing)
            }
        case "reserved": detail.until.map { .reserved(gate: gate, lane: detail.lane ?? "", until: $0.date) }
        case "parked": pair(detail.position, detail.lanes).map { .parked(gate: gate, position: $0, lanes: $1) }
        default: nil
        }
    }

    /// Statements of the job's state.
    private static func described(_ code: String, _ detail: Detail) -> Self? {
        switch code {
        case "position":
            pair(detail.position, detail.of).map { .position(lane: detail.lane ?? "", position: $0, count: $1) }
        case "lanes_ahead": detail.lanes.map { .lanesAhead($0.value) }
        case "executing":
            detail.worker.flatMap { worker in
                pair(detail.attempt, detail.since).map {
                    .executing(
                        worker: WorkerID(known: worker), host: detail.host ?? "", attempt: $0, since: Date(milliseconds: $1))
                }
            }
        case "dead_worker":
            detail.worker.map { .deadWorker(WorkerID(known: $0), leaseEnded: detail.since?.date) }
        case "ended":
            detail.state.flatMap(JobState.init(rawValue:)).flatMap { state in detail.at.map { .ended(state, at: $0.date) } }
        default: nil
        }
    }

    private static func pair(_ first: Detail.Number?, _ second: Detail.Number?) -> (Int, Int)? {
        guard let first, let second else { return nil }
        return (first.value, second.value)
    }
}

/// The union of the fields of all reasons.
private struct Detail: Decodable {
    /// A whole number, in any notation that Lua writes.
    struct Number: Decodable {
        var value: Int
        var date: Date { Date(milliseconds: value) }

        init(from decoder: any Decoder) throws {
            let number = try decoder.singleValueContainer().decode(Double.self)
            value = Int(min(max(number.rounded(), -1e15), 1e15))
        }
    }

    /// A list of holders. Lua encodes an empty list as an object.
    struct Holders: Decodable {
        struct Item: Decodable {
            var id: String
            var worker: String
            var since: Number
        }

        var holders: [Explanation.Holder]

        init(from decoder: any Decoder) throws {
            holders = ((try? [Item](from: decoder)) ?? []).map {
                Explanation.Holder(id: JobID(known: $0.id), worker: WorkerID(known: $0.worker), since: $0.since.date)
            }
        }
    }

    var due: Number?, since: Number?, until: Number?, next: Number?, at: Number?
    var crashes: Number?, limit: Number?, running: Number?, allowance: Number?, period: Number?, attempt: Number?
    var size: Number?, lanes: Number?, position: Number?, of: Number?, workers: Number?
    var state: String?, reason: String?, gate: String?, lane: String?, dependency: String?, kind: String?
    var worker: String?, host: String?, probe: String?, holder: String?, policy: String?, queue: String?
    var job: JobID?
    var held: Holders?

    /// The state of the job before this one.
    var jobState: JobState? { state.flatMap(JobState.init(rawValue:)) }
    /// The target queue of the job.
    var target: QueueName? { queue.flatMap { try? QueueName($0) } }

    /// The holder of a chain.
    var chainHolder: Explanation.ChainHolder? {
        guard let holder, let state = state.flatMap(JobState.init(rawValue:)) else { return nil }
        return Explanation.ChainHolder(
            id: JobID(known: holder), state: state, worker: worker.map { WorkerID(known: $0) }, since: since?.date,
            due: due?.date, endedAt: at?.date)
    }

    /// The period of a rate.
    var span: Duration { .milliseconds(period?.value ?? 0) }
    /// The time until which a breaker is open, if it has one.
    var end: Date? { until.flatMap { $0.value > 0 ? $0.date : nil } }
    /// The id of a half-open breaker's probe, if there is one.
    var probing: JobID? { probe.flatMap { $0.isEmpty ? nil : JobID(known: $0) } }
}
