package import SluiceCore

extension Forecast {
    /// The output of `sluice forecast --json`.
    package var json: JSONValue {
        [
            "queue": .string(queue.text), "backlog": .integer(backlog), "running": .integer(running), "later": .integer(later),
            "places": .integer(places), "arrivals_per_s": .number(arrivals),
            "departures_per_s": departures.map { .number($0) } ?? .null, "answer": answer.json, "bound": bound.json,
            "held": .array(held.map(\.json)), "what_if": whatIf?.json ?? .null, "text": .array(sentences.map(JSONValue.string)),
            "time": JSONValue(time: time),
        ]
    }
}

extension Forecast.Held {
    fileprivate var json: JSONValue { bound.json.adding("lanes", .integer(lanes)) }
}

extension Forecast.WhatIf {
    fileprivate var json: JSONValue {
        ["workers": .integer(workers), "places": .integer(places), "answer": answer.json, "bound": bound.json]
    }
}

extension JobForecast {
    /// The output of `sluice forecast --job --json`.
    package var json: JSONValue {
        [
            "queue": .string(queue.text), "id": .string(id.text), "answer": answer.json, "bound": bound.json,
            "ahead": ahead.map { ["least": .integer($0.lowerBound), "most": .integer($0.upperBound)] } ?? .null,
            "text": .array(sentences.map(JSONValue.string)), "time": JSONValue(time: time),
        ]
    }
}

private func span(_ range: ClosedRange<Duration>) -> [JSONValue.Member] {
    [
        .init(name: "least_ms", value: .integer(range.lowerBound.milliseconds)),
        .init(name: "most_ms", value: .integer(range.upperBound.milliseconds)),
    ]
}

private func object(_ code: String, _ members: [JSONValue.Member] = []) -> JSONValue {
    .object([.init(name: "code", value: .string(code))] + members)
}

extension Forecast.Answer {
    fileprivate var json: JSONValue {
        switch self {
        case .empty: object("empty")
        case .drains(let range): object("drains", span(range))
        case .grows(let perSecond): object("grows", [.init(name: "per_s", value: .number(perSecond))])
        case .steady: object("steady")
        case .stalled: object("stalled")
        case .noData: object("no_data")
        }
    }
}

extension JobForecast.Answer {
    fileprivate var json: JSONValue {
        switch self {
        case .starts(let range): object("starts", span(range))
        case .running(let since): object("running", [.init(name: "since", value: JSONValue(time: since))])
        case .ended(let state): object("ended", [.init(name: "state", value: .string(state.rawValue))])
        case .stalled: object("stalled")
        case .noData: object("no_data")
        }
    }
}

extension Forecast.Bound {
    fileprivate var json: JSONValue {
        func text(_ name: String, _ value: String) -> JSONValue.Member { .init(name: name, value: .string(value)) }
        func number(_ name: String, _ value: Int) -> JSONValue.Member { .init(name: name, value: .integer(value)) }
        return switch self {
        case .nothing: object("nothing")
        case .places(let count): object("places", [number("places", count)])
        case .concurrency(let count): object("concurrency", [number("limit", count)])
        case .rate(let allowance, let period):
            object("rate", [number("allowance", allowance), number("period_ms", period.milliseconds)])
        case .lanes(let gates): object("lanes", [.init(name: "gates", value: .array(gates.map(JSONValue.string)))])
        case .breaker(let gate, let until):
            object("breaker", [text("gate", gate), .init(name: "until", value: JSONValue(time: until))])
        case .off(let dependency): object("off", [text("dependency", dependency)])
        case .paused(let reason): object("paused", [text("reason", reason)])
        case .noWorkers: object("no_workers")
        case .unknownKind(let kind): object("unknown_kind", [text("kind", kind)])
        case .otherJob: object("other_job")
        }
    }
}
