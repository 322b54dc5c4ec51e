import Hiredis
package import SluiceCore

/// What monitoring shows of a queue: `gauges` of `lua/operators/view.lua`.
package struct QueueGauges: Sendable, Hashable {
    /// Jobs in each state; of ended ones, those that are kept.
    package var jobs: [JobState: Int] = [:]
    /// How long the oldest of a state has been there: available, suspended and executing; overdue, for those that wait for a time.
    /// Nothing is told of more than 500 runs.
    package var oldest: [JobState: Duration] = [:]

    package init(jobs: [JobState: Int], oldest: [JobState: Duration]) {
        self.jobs = jobs
        self.oldest = oldest
    }

    /// Reads a flat list of name and value; nil for anything else.
    init?(_ reply: RedisValue) {
        guard reply.kind == .array else { return nil }
        var values: [String: Int] = [:]
        var flat = reply.elements.makeIterator()
        while let name = flat.next()?.string, let value = flat.next() { values[name] = value.integer }
        for state in JobState.allCases {
            jobs[state] = values[state.rawValue]
            oldest[state] = values["oldest_\(state.rawValue)_ms"].map { .milliseconds($0) }
        }
    }
}
