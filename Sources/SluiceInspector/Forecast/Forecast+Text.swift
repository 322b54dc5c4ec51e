import SluiceCore

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

extension Forecast {
    /// The forecast in two or three sentences, without control characters.
    public var sentences: [String] {
        var list = [words(answer), flow, bound.sentence(at: time)]
        list += held.filter { $0.bound != bound }.map { $0.sentence(at: time) }
        if let whatIf { list.append(whatIf.sentence(since: self)) }
        return list.map(HumanText.visible)
    }

    /// An answer as words. Jobs that are held are in no range.
    fileprivate func words(_ answer: Answer) -> String {
        guard case .drains(let range) = answer, !held.isEmpty else { return answer.sentence }
        return "the jobs that can start are gone from the backlog in \(HumanText.duration(range.upperBound)) at most"
    }

    /// `1,200 jobs wait, 20 run; 2/s come, up to 10/s can end`.
    private var flow: String {
        var text = HumanText.count(backlog, "job") + (backlog == 1 ? " waits" : " wait")
        text += ", \(HumanText.number(running)) run" + (running == 1 ? "s" : "")
        if later > 0 { text += ", \(HumanText.number(later)) wait" + (later == 1 ? "s" : "") + " for a time or for another job" }
        text += "; \(HumanText.rate(arrivals)) come"
        if let departures { text += ", \(HumanText.rate(departures)) can end" }
        return text
    }
}

extension Forecast.Answer {
    /// The answer as words.
    public var sentence: String {
        switch self {
        case .empty: "no job waits for a worker"
        case .drains(let range): "the backlog is empty in \(HumanText.range(range))"
        case .grows(let perSecond): "the backlog grows by \(HumanText.rate(perSecond)): it will not drain"
        case .steady: "about as many jobs come as can end: the backlog stays"
        case .stalled: "no job starts"
        case .noData: "no data yet: no run has ended in the last minutes"
        }
    }
}

extension Forecast.Bound {
    /// What limits the jobs that start, as words.
    public func sentence(at time: Date) -> String {
        switch self {
        case .nothing: "nothing limits it"
        case .places(let count): "limited by the \(HumanText.count(count, "place")) of its workers"
        case .concurrency(let count): "limited by the queue's concurrency, \(HumanText.number(count))"
        case .rate(let allowance, let period):
            "limited by the queue's rate, \(HumanText.number(allowance)) in \(HumanText.duration(period))"
        case .lanes(let gates):
            "limited by gates where lanes wait" + (gates.isEmpty ? "" : ": " + gates.joined(separator: ", "))
        case .breaker(let gate, let until):
            "the breaker of \(gate) is open"
                + (until.map { $0 > time ? " for \(HumanText.duration($0.age(at: time)))" : "" } ?? "")
        case .off(let dependency): "the dependency \(dependency) is switched off"
        case .paused(let reason): "the queue is paused" + (reason.isEmpty ? "" : ": \(reason)")
        case .noWorkers: "the queue has no live worker"
        case .unknownKind(let kind): "no worker handles the kind \(kind)"
        case .otherJob: "it waits for another job, or for an operator"
        }
    }
}

extension Forecast.Held {
    fileprivate func sentence(at time: Date) -> String {
        "the jobs of \(HumanText.count(lanes, "lane")) do not start: \(bound.sentence(at: time))"
    }
}

extension Forecast.WhatIf {
    fileprivate func sentence(since forecast: Forecast) -> String {
        let who = "with \(HumanText.count(abs(workers), "worker")) \(workers < 0 ? "less" : "more")"
        if answer == forecast.answer, bound == forecast.bound { return "\(who) nothing changes" }
        let then = "\(who), \(HumanText.count(places, "place")) in all"
        return "\(then), \(forecast.words(answer)); \(bound.sentence(at: forecast.time))"
    }
}

extension JobForecast {
    /// The forecast in one or two sentences, without control characters.
    public var sentences: [String] {
        var list = [sentence]
        if bound != .nothing { list.append(bound.sentence(at: time)) }
        return list.map(HumanText.visible)
    }

    private var sentence: String {
        switch answer {
        case .starts(let range):
            "the job starts in \(HumanText.range(range))"
                + (ahead.map { $0.upperBound > 0 ? ", after \(HumanText.range($0)) others" : "" } ?? "")
        case .running(let since): "the job runs since \(HumanText.duration(since.age(at: time)))"
        case .ended(let state): "the job is \(state.rawValue)"
        case .stalled: "the job does not start"
        case .noData: "no data yet: no run has ended in the last minutes"
        }
    }
}

extension HumanText {
    /// A number by second: `12/s`, `0.3/s`; by minute if there are few.
    package static func rate(_ perSecond: Double) -> String {
        let (value, unit) = perSecond > 0 && perSecond < 0.1 ? (perSecond * 60, "min") : (perSecond, "s")
        let tenths = Int((min(value, 1e12) * 10).rounded())
        if tenths >= 100 || tenths.isMultiple(of: 10) { return "\(number((tenths + 5) / 10))/\(unit)" }
        return "\(tenths / 10).\(tenths % 10)/\(unit)"
    }

    /// `3m to 4m 12s`; one duration if both read alike.
    package static func range(_ range: ClosedRange<Duration>) -> String {
        let (first, last) = (duration(range.lowerBound), duration(range.upperBound))
        return first == last ? first : "\(first) to \(last)"
    }

    package static func range(_ range: ClosedRange<Int>) -> String {
        let (first, last) = (number(range.lowerBound), number(range.upperBound))
        return first == last ? first : "\(first) to \(last)"
    }
}
