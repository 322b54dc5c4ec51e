package import SluiceCore
import SluiceStore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension JobDetails {
    /// Parses the flat reply of the library; nil if it lacks a required field.
    package init?(_ queue: QueueName, reply: [String: String], keys: PayloadKeys? = nil) {
        guard let id = reply["id"], let state = reply["state"].flatMap(JobState.init(rawValue:)), let text = reply["spec"]
        else { return nil }
        let spec = JobSpec(lenient: text)
        let score = reply["score"].flatMap { Double($0) }.map { Int($0) }
        let run = (reply["record"] ?? reply["run"]).flatMap(JobRun.init(record:))
        func number(_ name: String) -> Int? { reply[name].flatMap { Int($0) } }
        self.init(
            queue: queue, id: JobID(known: id), state: state, kind: spec.kind,
            arguments: spec.shownArguments(keys, of: SealOwner(JobID(known: id), in: queue)), partitions: spec.partitions.values,
            needs: spec.needs, chain: spec.chain, lane: reply["lane"] ?? "",
            priority: number("priority") ?? (state == .available ? score.map(Score.priority) : nil) ?? 5,
            attempts: number("attempts") ?? 0, maxAttempts: spec.maxAttempts, timeout: spec.timeout,
            maxWaits: spec.maxWaits, crashes: number("crashes") ?? 0, waits: number("waits") ?? 0,
            failures: (reply["errors"] ?? "").split(separator: "\n").compactMap(JobFailure.init(line:)),
            progress: reply["progress"].flatMap(JobProgress.init(column:)),
            result: reply["result"].map { spec.shownResult($0, keys, of: JobID(known: id), in: queue) }, run: run,
            createdAt: Self.created(state, column: Self.moment(reply["created"]), place: number("place"), score: score, run: run),
            startedAt: run?.startedAt,
            dueAt: state == .scheduled || state == .retryable ? score.map(Date.init(milliseconds:)) : nil,
            endedAt: state.isEnded ? score.map(Date.init(milliseconds:)) : nil,
            deadline: number("deadline").map(Date.init(milliseconds:)),
            time: Date(milliseconds: number("now") ?? 0), links: JobLinks(reply: reply), version: spec.version, key: spec.key,
            redacted: spec.redacted, uniqueness: JobUniqueness(reply: reply, in: queue, keys),
            steps: JobStep.list(reply["once"] ?? "") { name, result in
                spec.shownStep(result, keys, named: name, of: SealOwner(JobID(known: id), in: queue))
            })
    }

    /// Parses ms since 1970; a dot and the rank within that ms may follow.
    private static func moment(_ text: String?) -> Int? { text.flatMap { Int($0.prefix { $0 != "." }) } }

    /// The enqueue time. A job that was never postponed stores it only in its position in the queue.
    private static func created(_ state: JobState, column: Int?, place: Int?, score: Int?, run: JobRun?) -> Date? {
        if let column { return Date(milliseconds: column) }
        if let place { return Date(milliseconds: Score.time(place)) }
        return switch state {
        case .available: score.map { Date(milliseconds: Score.time($0)) }
        case .executing: run?.availableSince
        case .suspended: score.map(Date.init(milliseconds:))
        case .scheduled, .retryable, .completed, .cancelled, .discarded: nil
        }
    }
}

extension JobSpec {
    /// Parses a spec that a person may have written by hand. An invalid spec is hidden, since its rules of redaction cannot be
    /// parsed either.
    init(lenient text: String) {
        let bytes = Array(text.utf8)
        self = bytes.withUnsafeBytes { try? JobSpec(decoding: $0) } ?? .unreadable
    }
}
