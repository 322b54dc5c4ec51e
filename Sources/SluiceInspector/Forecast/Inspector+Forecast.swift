public import SluiceCore
import SluiceStore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Inspector {
    /// Forecasts when a queue's backlog will be empty, and what more workers would change. It makes five calls, whatever the size of
    /// the queue.
    /// - Parameters:
    ///   - queue: The queue.
    ///   - more: The number of workers more that ``Forecast/whatIf`` is about, each of the mean size of the live ones. Negative for
    ///     fewer.
    /// - Throws: a server error if Redis cannot be used.
    public func forecast(of queue: QueueName, workers more: Int = 1) async throws(SluiceError) -> Forecast {
        let (status, outlook) = try await outlook(of: queue)
        let (answer, bound, places) = outlook.answer()
        var whatIf: Forecast.WhatIf?
        if !outlook.workers.isEmpty {
            let then = outlook.answer(more: more)
            // What binds now as well is not changed by more workers.
            whatIf = .init(
                workers: more, places: then.places, answer: then.bound == bound ? answer : then.answer, bound: then.bound)
        }
        let arrivals = outlook.pace.arrivals, departures = outlook.departures
        return Forecast(
            queue: queue, backlog: status.available, running: status.executing,
            later: status.scheduled + status.retryable + status.suspended, places: places,
            arrivals: (arrivals.lowerBound + arrivals.upperBound) / 2,
            departures: departures.map { ($0.lowerBound + $0.upperBound) / 2 }, answer: answer, bound: bound,
            held: Array(outlook.held.prefix(Self.mostHeld)), whatIf: whatIf, time: status.time)
    }

    /// Forecasts when a job starts. It makes seven calls, whatever the size of the queue.
    /// - Returns: Nil if the queue has no job with this id.
    /// - Throws: a server error if Redis cannot be used.
    public func forecast(of id: JobID, in queue: QueueName) async throws(SluiceError) -> JobForecast? {
        guard let explanation = try await explain(id, in: queue) else { return nil }
        let (status, outlook) = try await outlook(of: queue)
        var forecast = JobForecast(queue: queue, id: id, answer: .noData, bound: .nothing, ahead: nil, time: status.time)
        if let settled = Self.answer(explanation.reasons, at: status.time, outlook) {
            (forecast.answer, forecast.bound) = settled
            return forecast
        }
        let place = Place(explanation.reasons, of: outlook)
        let found = outlook.start(ahead: place.ahead, laneLimit: place.limit)
        (forecast.answer, forecast.bound, forecast.ahead) = (found.answer, found.bound, place.ahead)
        if case .lanes(gates: []) = found.bound { forecast.bound = .lanes(gates: place.gates) }
        return forecast
    }

    /// The dependencies and gates that a forecast names.
    private static let mostHeld = 10
    /// Minutes that a forecast looks back.
    private static let minutes = 15

    private func outlook(of queue: QueueName) async throws(SluiceError) -> (QueueStatus, Outlook) {
        let status = try await status(of: queue)
        let now = status.time.milliseconds, minute = now / 60_000
        let history = try await history(of: queue, nil, .minute, minute - Self.minutes + 1...minute, now)
        let limits = try await limits(of: queue)
        var outlook = Outlook()
        outlook.backlog = max(status.available, 0)
        outlook.lanes = status.lanes
        outlook.running = status.executing
        outlook.pause = status.pause?.reason
        outlook.workers = try await workers(of: queue).filter { $0.lease > .zero }.map {
            WorkerPlaces.read($0.info) ?? max($0.jobs, 1)
        }
        outlook.concurrency = limits.effective("concurrency").flatMap { Int($0) }
        outlook.rate = limits.effective("rate").flatMap(Self.rate)
        outlook.gates = limits.gates.filter { $0.gate != "*" }.sorted { $0.lanesWaiting > $1.lanesWaiting }
        outlook.off = try await dependencies(of: queue).filter { $0.offSince != nil }.map {
            (dependency: $0.name, lanes: $0.lanesWaiting)
        }
        outlook.pace = Pace(history.points, waiting: status.available > 0 ? status.oldestAvailable : .zero, now: status.time)
        return (status, outlook)
    }

    /// Reads `ALLOWANCE/PERIOD/GUARD`, in ms. The guard widens the window.
    private static func rate(_ text: String) -> (allowance: Int, period: Duration)? {
        let numbers = text.split(separator: "/").compactMap { Int($0) }
        guard numbers.count >= 2, numbers[1] > 0 else { return nil }
        return (numbers[0], .milliseconds(numbers[1] + (numbers.count > 2 ? numbers[2] : 0)))
    }

    /// The answer for a job that does not wait for a worker, or that no worker can start; nil for others.
    private static func answer(
        _ reasons: [Explanation.Reason], at now: Date, _ outlook: Outlook
    ) -> (JobForecast.Answer, Forecast.Bound)? {
        for reason in reasons {
            switch reason {
            case .executing(_, _, _, let since): return (.running(since: since), .nothing)
            case .ended(let state, _): return (.ended(state), .nothing)
            case .scheduled(let due, _):
                let wait = max(now.age(at: due), .zero)
                guard case .starts(let range) = outlook.start(ahead: 0...outlook.backlog).answer else {
                    return (.noData, .nothing)
                }
                return (.starts(wait...wait + range.upperBound), .nothing)
            case .paused(_, let why): return (.stalled, .paused(reason: why))
            case .off(let dependency, _): return (.stalled, .off(dependency: dependency))
            case .breaker(let gate, .open, let until, _): return (.stalled, .breaker(gate: gate, until: until))
            case .noWorker: return (.stalled, .noWorkers)
            case .unknownKind(let kind, _): return (.stalled, .unknownKind(kind))
            case .waits, .held, .moving, .suspended, .chain: return (.stalled, .otherJob)
            default: continue
            }
        }
        return nil
    }
}

/// Where a job stands among those that wait.
private struct Place {
    var ahead = 0...0
    /// The concurrency of the narrowest gate of the job's lane that is full, and the gates.
    var limit: Int?
    var gates: [String] = []

    init(_ reasons: [Explanation.Reason], of outlook: Outlook) {
        var (before, turn) = (0, 1)
        for reason in reasons {
            switch reason {
            case .position(_, let position, _): before = position - 1
            case .gateConcurrency(let gate, let most, _, _):
                limit = min(limit ?? most, most)
                gates.append(gate)
            case .parked(_, let position, _): turn = position
            default: continue
            }
        }
        if limit != nil {
            ahead = before...max((before + 1) * turn - 1, before)
            return
        }
        // Lanes take turns: each may start as many jobs as come before this one in its own lane, and one more.
        let most = max(min((before + 1) * max(outlook.lanes, 1), outlook.backlog) - 1, before)
        ahead = before...most
    }
}
