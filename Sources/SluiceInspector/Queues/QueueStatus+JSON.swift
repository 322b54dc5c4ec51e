package import SluiceCore

extension QueueStatus {
    /// The output of `sluice status --json` for one queue.
    package var json: JSONValue {
        [
            "queue": .string(queue.text),
            "states": .object(
                JobState.counted.map { .init(name: $0.rawValue, value: .integer(states[$0, default: 0])) }),
            "paused": .bool(pause != nil),
            "paused_reason": JSONValue(pause?.reason),
            "paused_since": JSONValue(time: pause?.since),
            "oldest_available_ms": .integer(oldestAvailable.milliseconds),
            "oldest_ms": .object(
                JobState.counted.compactMap { state in
                    oldest[state].map { .init(name: state.rawValue, value: .integer($0.milliseconds)) }
                }),
            "waiting": .integer(waiting),
            "depth_limit": depthLimit.map { .integer($0) } ?? .null,
            "lanes": .integer(lanes),
            "workers": .integer(workers),
            "keeps": .object(
                JobState.counted.compactMap { state in
                    retention[state].map { .init(name: state.rawValue, value: $0.json) }
                }),
            "totals": .object(totals.sorted { $0.key < $1.key }.map { .init(name: $0.key, value: .integer($0.value)) }),
            "time": JSONValue(time: time),
        ]
    }
}

extension QueueStatus.Retention {
    fileprivate var json: JSONValue { ["count": .integer(count), "age_ms": .integer(age.milliseconds)] }
}

extension JobState {
    /// All states, in the order in which counts are shown.
    package static let counted: [JobState] = [
        .available, .scheduled, .executing, .retryable, .suspended, .completed, .cancelled, .discarded,
    ]
}
