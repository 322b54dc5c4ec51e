import SluiceCore

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

extension Explanation.Reason {
    /// The reason as one sentence for people, without a full stop.
    /// - Parameter now: The time that durations count from: ``Explanation/time``.
    public func sentence(at now: Date) -> String {
        let words = SentenceParts(now: now)
        return switch self {
        case .scheduled(let due, let isRetry): "it waits for its \(isRetry ? "next attempt" : "time"): \(words.due(due))"
        case .suspect(let due, let crashes):
            "its worker died under it \(HumanText.count(crashes, "time")), so it runs apart from others: \(words.due(due))"
        case .tooLarge(let size, let worker):
            "it has \(HumanText.bytes(size)), and replies of that size do not reach \(worker): run "
                + "CONFIG SET client-output-buffer-limit 'normal 0 0 0' in Redis, or raise the limit of a proxy on the way; a retry "
                + "before that puts it aside again"
        case .paused(let since, let reason):
            "the queue was paused \(words.age(since))" + (reason.isEmpty ? "" : ": \(reason)")
        case .queueConcurrency(let limit, let running): "the queue is full: \(words.share(running, limit)) places are held"
        case .queueRate(let allowance, let period, let next):
            "the rate of the queue (\(words.rate(allowance, period))) allows the next \(words.coming(next))"
        case .gateConcurrency(let gate, let limit, let running, let held):
            "\(gate) is full: \(words.share(running, limit)) held" + words.holders(held, of: running)
        case .chain(let gate, let holder): "\(gate) is held by \(holder.id), " + words.holding(holder)
        case .gateRate(let gate, let allowance, let period, let next):
            "the rate of \(gate) (\(words.rate(allowance, period))) allows the next \(words.coming(next))"
        case .breaker(let gate, let state, let until, let probe): words.breaker(gate, state, until, probe)
        case .off(let dependency, let since): "\(dependency) was switched off \(words.age(since))"
        case .reserved(let gate, let lane, let until):
            "a place at \(gate) is kept for the lane \(lane), which was turned away often, for \(words.span(now, until)) at most"
        case .parked(let gate, let position, let lanes):
            "its lane waits at \(gate), as number \(HumanText.number(position)) of \(HumanText.count(lanes, "lane"))"
        case .position(let lane, let position, let count):
            "it is number \(words.share(position, count)) in "
                + (lane.isEmpty ? "the lane without partitions" : "its lane, \(lane)")
        case .lanesAhead(let lanes):
            lanes == 0
                ? "its lane is the next to be served"
                : "\(HumanText.count(lanes, "lane")) \(lanes == 1 ? "is" : "are") served before its own"
        case .noWorker: "no worker of the queue lives"
        case .unknownKind(let kind, let workers):
            "\(workers == 1 ? "the only worker" : "none of the \(HumanText.number(workers)) workers") of the queue "
                + "\(workers == 1 ? "does not handle" : "handles") '\(kind)'"
        case .deadWorker(let worker, let ended):
            "the lease of \(worker) ended" + (ended.map { " \(words.age($0))" } ?? "")
                + ", so the worker counts as dead: the next call of a live worker takes the job back"
        case .executing(let worker, let host, let attempt, let since):
            "it runs on \(words.place(worker, host)) for \(words.span(since, now)), attempt \(HumanText.number(attempt))"
        case .ended(let state, let at): "it \(state == .completed ? "has" : "was") \(state.rawValue), \(words.age(at))"
        case .waits(let job, let state, let onFailed, let target): words.waits(job, state, onFailed, target)
        case .held(let job, let state, let target):
            "it is held, since the job before it, \(job), was \(state.rawValue): retry that one, or let this one go"
                + (target.map { " to \($0)" } ?? "") + " with retry, or cancel it"
        case .moving(let queue, let since):
            "it is on its way to queue \(queue), let go \(words.age(since)): the next worker that calls brings it there"
        case .suspended: "it waits for something else to end first"
        case .next: "nothing stands in its way: the next claim may take it"
        case .deadline(let date): words.deadline(date)
        case .other(let code, let detail): "\(code) \(detail)"
        }
    }
}

/// Parts that several sentences share.
private struct SentenceParts {
    /// The most holders of a gate to name.
    private static let mostHolders = 3

    let now: Date

    func waits(_ job: JobID, _ state: JobState?, _ onFailed: FailurePolicy, _ target: QueueName?) -> String {
        let now =
            state.map { "which is \($0.rawValue)" }
            ?? "which is not in this queue any more: it has moved to its own, or was deleted"
        return "it waits for the end of \(job), \(now)" + (target.map { "; then it goes to queue \($0)" } ?? "")
            + policy(onFailed)
    }

    private func policy(_ onFailed: FailurePolicy) -> String {
        switch onFailed {
        case .ignore: ""
        case .compensate: "; if that completes, it is cancelled"
        case .hold: "; if that does not complete, it is held"
        case .cancel: "; if that does not complete, it is cancelled"
        }
    }

    func deadline(_ date: Date) -> String {
        date > now
            ? "unless it has ended, it is cancelled in \(span(now, date)), at its deadline"
            : "its deadline was \(age(date)): a worker's next call cancels it, or has told its run to end"
    }

    func age(_ moment: Date) -> String { HumanText.age(moment, at: now) }

    func span(_ start: Date, _ end: Date) -> String { HumanText.duration(max(start.age(at: end), .zero)) }

    /// The reply is older than `now`, so a time that was ahead may have passed.
    func coming(_ moment: Date) -> String { moment > now ? "in \(span(now, moment))" : "now" }

    func due(_ moment: Date) -> String {
        moment > now ? "due in \(span(now, moment))" : "due now, with the next call of a worker"
    }

    func share(_ part: Int, _ whole: Int) -> String { "\(HumanText.number(part)) of \(HumanText.number(whole))" }

    func rate(_ allowance: Int, _ period: Duration) -> String {
        "\(HumanText.number(allowance)) in \(HumanText.duration(period))"
    }

    func place(_ worker: WorkerID, _ host: String) -> String {
        host.isEmpty || worker.text.hasPrefix(host) ? worker.text : "\(worker) (\(host))"
    }

    func holders(_ held: [Explanation.Holder], of running: Int) -> String {
        if held.isEmpty { return "" }
        let named = held.prefix(Self.mostHolders)
        let rest = max(running, held.count) - named.count
        return ", by " + named.map { "\($0.id) on \($0.worker) for \(span($0.since, now))" }.joined(separator: ", ")
            + (rest > 0 ? " and \(HumanText.number(rest)) more" : "")
    }

    /// A clause about the holder of a chain, and how an operator can change its state.
    func holding(_ holder: Explanation.ChainHolder) -> String {
        if holder.state == .executing {
            let place = holder.worker.map { "on \($0) " } ?? ""
            return "which runs " + place + (holder.since.map { "for \(span($0, now))" } ?? "")
        }
        if holder.state == .discarded {
            return "which was discarded" + (holder.endedAt.map { " \(age($0))" } ?? "")
                + ": retry it, or cancel or delete it to let the chain go on"
        }
        let run = holder.since.map { ", its last run began \(age($0))" } ?? ""
        return "which waits for its \(holder.state == .retryable ? "next attempt" : "time"): "
            + (holder.due.map(due) ?? "not due") + run + "; retry runs it now, cancel or delete lets the chain go on"
    }

    func breaker(_ gate: String, _ state: BreakerState, _ until: Date?, _ probe: JobID?) -> String {
        switch state {
        case .closed: "the breaker of \(gate) is closed again"
        case .open: "the breaker of \(gate) is open" + (until.map { ": it lets one job through \(coming($0))" } ?? "")
        case .halfOpen: "the breaker of \(gate) is half open: \(probe.map { "\($0)" } ?? "the next job") probes it"
        }
    }
}
