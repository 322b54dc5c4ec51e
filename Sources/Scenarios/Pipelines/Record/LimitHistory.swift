import ScenarioSupport

/// The values of one limit, and when they changed. While a change is on its way both values may hold.
struct LimitHistory: Sendable {
    private var changes: [(before: Int, after: Int, value: Int)] = []
    private let first: Int

    /// - Parameter value: nil for no limit.
    init(_ value: Int?) { first = value ?? .max }

    /// Makes a change, which takes effect somewhere between its call and its return.
    mutating func change(to value: Int?, _ call: () async throws -> Void) async throws {
        let before = RunLine.now()
        try await call()
        changes.append((before, RunLine.now(), value ?? .max))
    }

    /// The most that may have been allowed.
    func most(at time: Int) -> Int { values(at: time).max() ?? first }

    /// The least that may have been allowed.
    func least(at time: Int) -> Int { values(at: time).min() ?? first }

    /// Whether there was a limit at some time.
    var isLimited: Bool { first < .max || changes.contains { $0.value < .max } }

    private func values(at time: Int) -> [Int] {
        var values = [first]
        for change in changes where change.before <= time {
            if change.after < time { values = [] }
            values.append(change.value)
        }
        return values
    }
}
