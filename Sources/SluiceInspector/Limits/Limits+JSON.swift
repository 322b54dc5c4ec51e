package import SluiceCore

extension QueueLimits {
    /// One queue in the output of `sluice limits list --json`.
    package var json: JSONValue {
        [
            "queue": .string(queue.text), "deploy": .integer(deploy), "declared_version": .integer(version),
            "declared": Self.object(declared),
            "overrides": .array(overrides.map(\.json)),
            "effective": Self.object(effective), "running": .integer(running), "next_start_ms": JSONValue(duration: nextStart),
            "migrating": .bool(isMigrating), "gates": .array(gates.map(\.json)), "time": JSONValue(time: time),
        ]
    }

    private static func object(_ settings: [Setting]) -> JSONValue {
        .object(settings.map { .init(name: $0.name, value: .string($0.value)) })
    }
}

extension QueueLimits.Override {
    fileprivate var json: JSONValue {
        ["name": .string(setting.name), "value": .string(setting.value), "until": JSONValue(time: until)]
    }
}

extension Restrictions {
    /// The part of `sluice status --json` about the restrictions of a queue.
    package var json: JSONValue {
        ["overrides": .array(overrides.map(\.json)), "unavailable": .array(unavailable.map(\.json))]
    }
}

extension GateStatus {
    fileprivate var json: JSONValue {
        [
            "gate": .string(gate), "running": .integer(running), "concurrency": JSONValue(concurrency),
            "lanes_waiting": .integer(lanesWaiting), "rate": rate?.json ?? .null, "breaker": breaker?.json ?? .null,
        ]
    }
}

extension GateStatus.Rate {
    fileprivate var json: JSONValue {
        ["used": .integer(used), "allowance": .integer(allowance), "next_ms": .integer(next.milliseconds)]
    }
}

extension GateStatus.Breaker {
    fileprivate var json: JSONValue { ["state": .string(state.rawValue), "until": JSONValue(time: until)] }
}

extension DependencyStatus {
    /// One line of the output of `sluice dependencies list --json`.
    package var json: JSONValue {
        [
            "dependency": .string(name), "queue": .string(queue.text), "state": .string(offSince == nil ? "on" : "off"),
            "off_since": JSONValue(time: offSince), "breaker": .string(breaker.rawValue),
            "open_until": JSONValue(time: openUntil),
            "running": .integer(running), "lanes_waiting": .integer(lanesWaiting),
        ]
    }
}

extension DependencySwitch {
    /// The output of `sluice dependencies on|off --json`.
    package var json: JSONValue {
        [
            "dependency": .string(name), "state": .string(isOn ? "on" : "off"), "changed": .bool(isChanged),
            "queues": .array(queues.map { .string($0.text) }),
        ]
    }
}
