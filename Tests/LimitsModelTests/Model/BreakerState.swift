/// A breaker in the model: closed while `until` is nil, open before that time, half open after it.
struct BreakerState {
    private var failures: [Int] = []
    private var opened = 0
    private(set) var until: Int?
    /// The one job that tries while it is half open.
    private(set) var probe: Int?

    /// As an operator is told.
    func name(at now: Int) -> String { until.map { now < $0 ? "open" : "half-open" } ?? "closed" }

    /// Whether a job may start.
    func admits(at now: Int) -> Bool { until.map { now >= $0 && probe == nil } ?? true }

    /// A job starts.
    mutating func start(_ id: Int) {
        if until != nil { probe = id }
    }

    /// A run says that the dependency failed. Returns until when nothing starts, if that is so.
    mutating func fail(_ id: Int, started: Int, asked: Int, _ limit: LimitBook.Breaker, at now: Int) -> Int? {
        let asked = asked > 0 ? now + min(asked, 3_600_000) : nil
        if probe == id {
            open(until: asked ?? now + limit.cools, at: now)
        } else if let until {
            if let asked, asked > until, probe == nil { self.until = asked }
        } else if started > opened {
            failures = failures.filter { $0 > now - limit.within } + [now]
            if asked != nil || failures.count >= limit.failures { open(until: asked ?? now + limit.cools, at: now) }
        }
        return until.flatMap { $0 > now ? $0 : nil }
    }

    private mutating func open(until: Int, at now: Int) {
        self.until = until
        opened = now
        probe = nil
        failures = []
    }

    /// A run is over, however. Only a completed one closes.
    mutating func end(_ id: Int, completed: Bool) {
        guard probe == id else { return }
        probe = nil
        if completed {
            until = nil
            failures = []
        }
    }
}
