import SluiceCore

/// What a forecast is calculated from. The calculation makes no calls.
package struct Outlook: Sendable {
    /// Jobs that wait for a worker, and the lanes that have some.
    package var backlog = 0
    package var lanes = 0
    package var running = 0
    package var pause: String?
    /// The places of each live worker.
    package var workers: [Int] = []
    /// The limits of the whole queue.
    package var concurrency: Int?
    package var rate: (allowance: Int, period: Duration)?
    /// The gates, the busiest first.
    package var gates: [GateStatus] = []
    /// The dependencies that are switched off, and the lanes that wait for each.
    package var off: [(dependency: String, lanes: Int)] = []
    package var pace = Pace()

    package init() {}

    package var places: Int { workers.reduce(0, +) }

    /// The dependencies that are off and the gates with an open breaker where lanes wait, those with most lanes first.
    package var held: [Forecast.Held] {
        let names = Set(off.map(\.dependency))
        let switched = off.filter { $0.lanes > 0 }.map { Forecast.Held(.off(dependency: $0.dependency), lanes: $0.lanes) }
        let open = gates.filter { $0.lanesWaiting > 0 && $0.breaker?.state == .open && !names.contains($0.gate) }.map {
            Forecast.Held(.breaker(gate: $0.gate, until: $0.breaker?.until), lanes: $0.lanesWaiting)
        }
        return (switched + open).sorted { $0.lanes > $1.lanes }
    }

    /// Runs that can start in a second, and what limits them. Nil without data.
    struct Capacity {
        var runs: ClosedRange<Double>?
        var bound: Forecast.Bound
    }

    /// What becomes of the backlog with a number of workers more, each of the mean size of the others.
    package func answer(more: Int = 0) -> (answer: Forecast.Answer, bound: Forecast.Bound, places: Int) {
        let places = places(more: more)
        let capacity = capacity(places: places)
        return (answer(capacity), backlog == 0 && capacity.bound.isPassing ? .nothing : capacity.bound, places)
    }

    /// Jobs that can end in a second.
    package var departures: ClosedRange<Double>? { capacity(places: places).runs.map(jobs) }

    private func places(more: Int) -> Int {
        guard more != 0, !workers.isEmpty else { return places }
        return max(places + Int((Double(places) / Double(workers.count) * Double(more)).rounded()), 0)
    }

    private func jobs(_ runs: ClosedRange<Double>) -> ClosedRange<Double> {
        runs.lowerBound / pace.runsPerJob...runs.upperBound / pace.runsPerJob
    }

    func capacity(places: Int) -> Capacity {
        if let pause { return Capacity(runs: 0...0, bound: .paused(reason: pause)) }
        if workers.isEmpty || places == 0 { return Capacity(runs: 0...0, bound: .noWorkers) }
        let held = held
        if let first = held.first, areAllHeld(held) || running == 0 && areAllParked {
            return Capacity(runs: 0...0, bound: first.bound)
        }
        var (usable, bound) = (places, Forecast.Bound.places(places))
        if let concurrency, concurrency < usable { (usable, bound) = (concurrency, .concurrency(concurrency)) }
        let areLanesShut = areAllParked && running < usable
        if areLanesShut {
            (usable, bound) = (running, .lanes(gates: gates.filter { $0.lanesWaiting > 0 }.prefix(3).map(\.gate)))
        }
        guard backlog == 0 || pace.starts != 0 || running > 0 || pace.observed < 60 else {
            return Capacity(runs: 0...0, bound: bound)
        }
        var runs = pace.mean.map { Double(usable) / $0 }
        if let rate {
            let allowed = Double(rate.allowance) / rate.period.seconds
            if runs ?? .infinity > allowed { (runs, bound) = (allowed, .rate(allowance: rate.allowance, period: rate.period)) }
        }
        return Capacity(runs: range(around: runs, observed: observed(places, runs, areLanesShut)), bound: bound)
    }

    /// Whether each lane with jobs waits where nothing is let through.
    private func areAllHeld(_ held: [Forecast.Held]) -> Bool {
        backlog > 0 && lanes > 0 && held.reduce(0) { $0 + $1.lanes } >= lanes
    }

    /// Whether each lane with jobs waits at a gate.
    private var areAllParked: Bool {
        backlog > 0 && lanes > 0 && gates.reduce(0) { $0 + $1.lanesWaiting } >= lanes
    }

    /// The observed starts, if they tell something of that number of places.
    private func observed(_ places: Int, _ runs: Double?, _ areLanesShut: Bool) -> Double? {
        guard let starts = pace.starts, starts > 0 else { return nil }
        if places == self.places || areLanesShut { return starts }
        guard let runs, let now = capacity(places: self.places).runs else { return nil }
        let middle = (now.lowerBound + now.upperBound) / 2
        return middle > 0 ? starts * runs / middle : nil
    }

    private func range(around runs: Double?, observed: Double?) -> ClosedRange<Double>? {
        let found = [runs, observed].compactMap { $0 }
        guard let least = found.min(), let most = found.max() else { return nil }
        let spread = observed == nil ? max(pace.spread, 0.15) : max(pace.spread, 0.08)
        return least * (1 - spread)...most * (1 + spread)
    }

    private func answer(_ capacity: Capacity) -> Forecast.Answer {
        if backlog == 0 { return .empty }
        guard let runs = capacity.runs else { return .noData }
        if runs.upperBound <= 0 { return .stalled }
        let jobs = jobs(runs), come = pace.arrivals
        let slowest = jobs.lowerBound - come.upperBound, fastest = jobs.upperBound - come.lowerBound
        let middle = (slowest + fastest) / 2
        if come.upperBound > 0, slowest <= 0, fastest >= 0, abs(middle) < come.upperBound / 10 { return .steady }
        if fastest <= 0 || middle <= 0 { return .grows(perSecond: -middle) }
        let count = Double(backlog)
        // A range that would end never ends at four times its middle.
        return .drains(.fractional(count / fastest) ... .fractional(count / max(slowest, middle / 4)))
    }
}

extension Outlook {
    /// When a job starts that has this number of jobs before it, or why it does not.
    package func start(ahead: ClosedRange<Int>, laneLimit: Int? = nil) -> (answer: JobForecast.Answer, bound: Forecast.Bound) {
        let capacity = capacity(places: places)
        guard var runs = capacity.runs else { return (.noData, capacity.bound) }
        var bound = capacity.bound
        if let laneLimit, let mean = pace.mean, Double(laneLimit) / mean < runs.lowerBound {
            let lane = Double(laneLimit) / mean
            runs = lane * (1 - max(pace.spread, 0.15))...lane * (1 + max(pace.spread, 0.15))
            bound = .lanes(gates: [])
        }
        if runs.upperBound <= 0 { return (.stalled, bound) }
        let isFree = ahead.upperBound == 0 && running < places
        let latest = isFree ? 0 : Double(ahead.upperBound + 1) / max(runs.lowerBound, runs.upperBound / 10)
        return (
            .starts(.fractional(Double(ahead.lowerBound) / runs.upperBound) ... .fractional(latest)), isFree ? .nothing : bound
        )
    }
}

extension Forecast.Bound {
    /// Whether it limits jobs only while some wait.
    fileprivate var isPassing: Bool {
        switch self {
        case .places, .concurrency, .rate, .lanes, .nothing: true
        case .breaker, .off, .paused, .noWorkers, .unknownKind, .otherJob: false
        }
    }
}
