package import SluiceCore

extension Action {
    /// One action in the output of `sluice log --json`.
    package var json: JSONValue {
        [
            "id": .string(id), "time": JSONValue(time: time), "actor": .string(author.name),
            "via": .string(author.channel.rawValue), "from": .string(author.place), "action": .string(verb.rawValue),
            "queue": JSONValue(queue?.text), "target": .string(target), "reason": .string(reason),
            "outcome": outcome?.json ?? .null,
        ]
    }
}

extension Action.Outcome {
    fileprivate var json: JSONValue {
        [
            "time": JSONValue(time: time), "changed": .integer(tally.changed), "skipped": .integer(tally.skipped),
            "error": JSONValue(error),
        ]
    }
}
