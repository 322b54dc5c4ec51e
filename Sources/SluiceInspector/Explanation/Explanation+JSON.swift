package import SluiceCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Explanation {
    /// The output of `sluice jobs explain --json`.
    package var json: JSONValue {
        let list = zip(reasons, sentences).map { reason, sentence -> JSONValue in
            .object([.init(name: "code", value: .string(reason.code))] + reason.members)
                .adding("text", .string(sentence))
        }
        return [
            "queue": .string(queue.text), "id": .string(id.text), "reasons": .array(list), "time": JSONValue(time: time),
        ]
    }
}

extension Explanation.Reason {
    private func member(_ name: String, _ value: JSONValue) -> JSONValue.Member { .init(name: name, value: value) }
    private func member(_ name: String, _ value: Int) -> JSONValue.Member { .init(name: name, value: .integer(value)) }
    private func member(_ name: String, _ value: String) -> JSONValue.Member { .init(name: name, value: .string(value)) }
    private func member(_ name: String, _ value: Date?) -> JSONValue.Member { .init(name: name, value: JSONValue(time: value)) }

    /// The fields besides the code, with the library's names.
    fileprivate var members: [JSONValue.Member] {
        switch self {
        case .scheduled(let due, let isRetry): [member("due", due), member("state", isRetry ? "retryable" : "scheduled")]
        case .suspect(let due, let crashes): [member("due", due), member("crashes", crashes)]
        case .tooLarge(let size, let worker): [member("size", size), member("worker", worker.text)]
        case .paused(let since, let reason): [member("since", since), member("reason", reason)]
        case .queueConcurrency(let limit, let running): [member("limit", limit), member("running", running)]
        case .queueRate(let allowance, let period, let next):
            [member("allowance", allowance), member("period_ms", period.milliseconds), member("next", next)]
        case .gateConcurrency(let gate, let limit, let running, let held):
            [
                member("gate", gate), member("limit", limit), member("running", running),
                member("held", .array(held.map(\.json))),
            ]
        case .chain(let gate, let holder):
            [
                member("gate", gate), member("holder", holder.id.text), member("state", holder.state.rawValue),
                member("worker", JSONValue(holder.worker?.text)), member("since", holder.since), member("due", holder.due),
                member("at", holder.endedAt),
            ]
        case .gateRate(let gate, let allowance, let period, let next):
            [
                member("gate", gate), member("allowance", allowance), member("period_ms", period.milliseconds),
                member("next", next),
            ]
        case .breaker(let gate, let state, let until, let probe):
            [
                member("gate", gate), member("state", state.rawValue), member("until", until),
                member("probe", JSONValue(probe?.text)),
            ]
        case .off(let dependency, let since): [member("dependency", dependency), member("since", since)]
        case .reserved(let gate, let lane, let until): [member("gate", gate), member("lane", lane), member("until", until)]
        case .parked(let gate, let position, let lanes):
            [member("gate", gate), member("position", position), member("lanes", lanes)]
        case .position(let lane, let position, let count):
            [member("lane", lane), member("position", position), member("of", count)]
        case .lanesAhead(let lanes): [member("lanes", lanes)]
        case .unknownKind(let kind, let workers): [member("kind", kind), member("workers", workers)]
        case .deadWorker(let worker, let ended): [member("worker", worker.text), member("since", ended)]
        case .executing(let worker, let host, let attempt, let since):
            [member("worker", worker.text), member("host", host), member("attempt", attempt), member("since", since)]
        case .ended(let state, let at): [member("state", state.rawValue), member("at", at)]
        case .other(_, let detail): [member("detail", JSONValue(text: Array(detail.utf8)))]
        case .waits(let job, let state, let onFailed, let target):
            [
                member("job", job.text), member("state", JSONValue(state?.rawValue)), member("on_failed", onFailed.rawValue),
                member("queue", JSONValue(target?.text)),
            ]
        case .held(let job, let state, let target):
            [member("job", job.text), member("state", state.rawValue), member("queue", JSONValue(target?.text))]
        case .moving(let queue, let since): [member("queue", queue.text), member("since", since)]
        case .noWorker, .suspended, .next: []
        case .deadline(let date): [member("at", date)]
        }
    }
}

extension Explanation.Holder {
    fileprivate var json: JSONValue {
        ["id": .string(id.text), "worker": .string(worker.text), "since": JSONValue(time: since)]
    }
}
