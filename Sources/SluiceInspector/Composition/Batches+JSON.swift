package import SluiceCore

extension BatchStatus {
    /// One batch in the output of `sluice batches list --json`.
    package var json: JSONValue {
        [
            "batch": .string(id.text), "name": .string(name), "state": .string(state.rawValue),
            "created": JSONValue(time: created), "sealed": JSONValue(time: sealed), "finished": JSONValue(time: finished),
            "members": [
                "total": .integer(total), "waiting": .integer(pending), "completed": .integer(completed),
                "cancelled": .integer(cancelled), "discarded": .integer(discarded), "deleted": .integer(deleted),
            ],
        ]
    }
}

extension BatchDetails {
    /// The output of `sluice batches show --json`.
    package var json: JSONValue {
        status.json.adding("parent", JSONValue(parent?.text)).adding("callbacks", .array(callbacks.map(\.json)))
            .adding("waiting", .array(waiting.map { .string($0.text) }))
    }
}

extension BatchDetails.Callback {
    fileprivate var json: JSONValue {
        [
            "event": .string(event.rawValue), "state": .string(state.rawValue), "queue": .string(queue), "kind": JSONValue(kind),
            "job": .string(job.text),
        ]
    }
}
