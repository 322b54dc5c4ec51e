package import SluiceCore

extension AuditReport {
    /// The output of `sluice audit --json`.
    package var json: JSONValue {
        let list = violations.map { violation -> JSONValue in
            [
                "queue": .string(violation.queue.text), "invariant": .string(violation.invariant),
                "what": .string(violation.what),
            ]
        }
        return [
            "clean": .bool(isClean), "violations": .array(list), "checked": .integer(checked), "complete": .bool(isComplete),
        ]
    }
}

extension Repair {
    /// One repair in the output of `sluice audit --repair --json`.
    package var json: JSONValue {
        [
            "queue": .string(queue.text), "invariant": .string(invariant), "what": .string(what), "cure": JSONValue(cure),
        ]
    }
}

extension ErrorGroup {
    /// One group in the outputs of `sluice jobs errors --json` and of a dry run.
    package var json: JSONValue {
        [
            "kind": .string(kind), "error": .string(error), "count": .integer(count), "example": .string(example.text),
        ]
    }
}

extension BulkProgress {
    /// One queue in the output of a change by conditions.
    package func json(queue: QueueName) -> JSONValue {
        [
            "queue": .string(queue.text), "looked": .integer(looked), "matched": .integer(matched),
            "changed": .integer(changed), "cancelling": .integer(cancelling), "refused": .integer(refused),
            "complete": .bool(isComplete),
        ]
    }

    /// One queue in the output of a dry run.
    package func json(queue: QueueName, groups: [ErrorGroup]) -> JSONValue {
        [
            "queue": .string(queue.text), "looked": .integer(looked), "matched": .integer(matched),
            "groups": .array(groups.map(\.json)),
        ]
    }
}

extension WorkerStatus {
    /// One worker in the output of `sluice workers list --json`.
    package var json: JSONValue {
        // An expired lease is negative.
        let lease = Int((lease.seconds * 1000).rounded())
        return [
            "worker": .string(worker.text), "queue": .string(queue.text), "jobs": .integer(jobs), "lease_ms": .integer(lease),
            "version": JSONValue(version), "info": JSONValue(text: Array(info.utf8)),
        ]
    }
}

extension Transition {
    /// One line of the output of `sluice tail --json`.
    package var json: JSONValue {
        [
            "at": JSONValue(time: at), "queue": .string(queue.text), "from": JSONValue(from?.rawValue),
            "to": JSONValue(to?.rawValue), "ids": .array(ids.map { .string($0.text) }), "worker": JSONValue(worker?.text),
        ]
    }
}

extension ChangeOutcome {
    /// One job in the output of `sluice jobs cancel|retry|delete|reschedule --json`. `result` is a state, `cancelling`, `deleted`,
    /// `taken` or `missing`.
    package func json(queue: QueueName?) -> JSONValue {
        let word =
            switch result {
            case .now(let state), .refused(let state): state.rawValue
            case .cancelling: "cancelling"
            case .deleted: "deleted"
            case .taken: "taken"
            case .missing: "missing"
            }
        return ["id": .string(id.text), "queue": JSONValue(queue?.text), "done": .bool(isDone), "result": .string(word)]
    }
}
