package import SluiceCore

extension History {
    /// The output of `sluice queues history --json`.
    package var json: JSONValue {
        [
            "queue": .string(queue.text), "by": .string(step.rawValue), "time": JSONValue(time: time),
            "points": .array(
                points.map { point in
                    [
                        "start": JSONValue(time: point.start), "counts": Self.object(point.counts),
                        "kinds": Self.object(point.kinds),
                    ]
                }),
            "total": Self.object(total),
        ]
    }

    private static func object(_ kinds: [String: RunHistory]) -> JSONValue {
        .object(kinds.sorted { $0.key < $1.key }.map { .init(name: $0.key, value: $0.value.json) })
    }

    fileprivate static func object(_ counts: [String: Int]) -> JSONValue {
        .object(counts.sorted { $0.key < $1.key }.map { .init(name: $0.key, value: .integer($0.value)) })
    }
}

extension RunHistory {
    package var json: JSONValue {
        [
            "runs": .integer(runs), "failures": .integer(failures),
            "outcomes": History.object(Dictionary(uniqueKeysWithValues: outcomes.map { ($0.key.rawValue, $0.value) })),
            "duration_ms": durations.json, "wait_ms": waits.json,
        ]
    }
}

extension DurationHistogram {
    fileprivate var json: JSONValue {
        func ms(_ share: Double) -> JSONValue {
            quantile(share).map { .number(($0.seconds * 1000).rounded(toPlaces: 1)) } ?? .null
        }
        return ["p50": ms(0.5), "p95": ms(0.95), "p99": ms(0.99)]
    }
}

extension Double {
    fileprivate func rounded(toPlaces places: Int) -> Double {
        let factor = places == 1 ? 10.0 : 1.0
        return (self * factor).rounded() / factor
    }
}
