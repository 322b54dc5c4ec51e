package import SluiceCore

extension JobDetails {
    /// The output of `sluice jobs show --json`.
    package var json: JSONValue {
        [
            "queue": .string(queue.text),
            "id": .string(id.text),
            "state": .string(state.rawValue),
            "kind": .string(kind),
            "arguments": JSONValue(text: Array(arguments.utf8)),
            "version": .integer(version),
            "key": JSONValue(key),
            "redacted": .array(redacted.map(JSONValue.string)),
            "partitions": .object(
                partitions.sorted { $0.key < $1.key }.map { .init(name: $0.key, value: .string($0.value)) }),
            "needs": .array(needs.map { .string($0.description) }),
            "lane": .string(lane),
            "chain": JSONValue(chain?.key),
            "chain_hold": .bool(chain?.onDiscarded == .hold),
            "priority": .integer(priority),
            "attempts": .integer(attempts),
            "max_attempts": JSONValue(maxAttempts),
            "timeout_ms": JSONValue(duration: timeout),
            "max_waits": JSONValue(maxWaits),
            "crashes": .integer(crashes),
            "waits": .integer(waits),
            "errors": .array(failures.map(\.json)),
            "progress": progress?.json ?? .null,
            "result": result.map { JSONValue(text: Array($0.utf8)) } ?? .null,
            "run": run?.json ?? .null,
            "created_at": JSONValue(time: createdAt),
            "due_at": JSONValue(time: dueAt),
            "started_at": JSONValue(time: startedAt),
            "ended_at": JSONValue(time: endedAt),
            "deadline": JSONValue(time: deadline),
            "time": JSONValue(time: time),
            "links": links.json,
            "unique": uniqueness?.json ?? .null,
            "steps": .array(steps.map(\.json)),
        ]
    }
}

extension JobFailure {
    fileprivate var json: JSONValue {
        [
            "at": JSONValue(time: at), "attempt": .integer(attempt), "worker": .string(worker), "message": .string(message),
            "error": JSONValue(text: Array(error.utf8)), "died_with": .array(diedWith.map(JSONValue.string)),
        ]
    }
}

extension JobProgress {
    fileprivate var json: JSONValue { ["at": JSONValue(time: at), "fraction": .number(fraction), "note": .string(note)] }
}

extension JobRun {
    fileprivate var json: JSONValue {
        [
            "fence": JSONValue(text: Array(fence.description.utf8)), "worker": .string(worker.text),
            "attempt": .integer(attempt), "started_at": JSONValue(time: startedAt),
            "available_since": JSONValue(time: availableSince),
        ]
    }
}

extension JobSummary {
    /// One job in the output of `sluice jobs list --json`.
    package var json: JSONValue {
        [
            "queue": .string(queue.text), "id": .string(id.text), "state": .string(state.rawValue), "kind": .string(kind),
            "arguments": JSONValue(text: Array(arguments.utf8)), "attempts": .integer(attempts),
            "at": JSONValue(time: moment), "worker": JSONValue(worker?.text),
        ]
    }
}
