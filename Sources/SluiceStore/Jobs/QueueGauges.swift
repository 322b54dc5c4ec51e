import Hiredis
package import SluiceCore

/// The metrics of a queue: `gauges` of `lua/operators/view.lua`.
package struct QueueGauges: Sendable, Hashable {
    /// Number of jobs in each state; for final states, of those that are kept.
    package var jobs: [JobState: Int] = [:]
    /// Age of the oldest job in a state: time in it for available, suspended and executing, time overdue for states that wait for
    /// a moment. Above 500 runs, executing has none.
    package var oldest: [JobState: Duration] = [:]

    package init(jobs: [JobState: Int], oldest: [JobState: Duration]) {
        self.jobs = jobs
        self.oldest = oldest
    }

    /// Parses a flat list of names and values; nil for anything else.
    init?(_ reply: RedisValue) {
        guard reply.kind == .array else { return nil }
        let values = reply.dictionary.compactMapValues(\.integer)
        for state in JobState.allCases {
            jobs[state] = values[state.rawValue]
            oldest[state] = values["oldest_\(state.rawValue)_ms"].map { .milliseconds($0) }
        }
    }
}
