package import SluiceCore

extension CronStatus {
    /// One entry in the output of `sluice cron list --json`.
    package var json: JSONValue {
        [
            "name": .string(name), "queue": .string(queue.text), "expression": .string(expression), "zone": .string(zone),
            "kind": .string(kind), "args": JSONValue(text: Array(arguments.utf8)), "key": JSONValue(key),
            "catch_up": .string(catchUp.description), "overlap": .string(overlap.rawValue),
            "jitter_ms": .integer(jitter.milliseconds), "start": JSONValue(time: start), "end": JSONValue(time: end),
            "limit": JSONValue(limit), "runs": .integer(runs), "next": JSONValue(time: next), "paused": pause?.json ?? nil,
            "finished": JSONValue(time: finished), "source": .string(source.rawValue), "declared": .bool(isDeclared),
            "last": last?.json ?? nil,
        ]
    }
}

extension CronStatus.Pause {
    fileprivate var json: JSONValue { ["since": JSONValue(time: since), "reason": .string(reason)] }
}

extension CronTick {
    /// One tick in the output of `sluice cron history --json`.
    package var json: JSONValue {
        [
            "tick": JSONValue(time: tick), "until": JSONValue(time: until), "count": JSONValue(count), "at": JSONValue(time: at),
            "outcome": .string(outcome.rawValue), "job": JSONValue(job?.text),
        ]
    }
}
