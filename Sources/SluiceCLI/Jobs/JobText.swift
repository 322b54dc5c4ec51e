import Foundation
import SluiceCore
import SluiceInspector
import SluiceToolSupport

/// Formats jobs for people.
enum JobText {
    /// One line per job.
    static func table(_ page: JobPage) -> Table {
        var table = Table([
            .text("ID"), .text("QUEUE"), .text("STATE"), .text("KIND"), .number("ATTEMPTS"), .text("WHEN"),
            .elastic("ARGUMENTS"),
        ])
        for job in page.jobs {
            table.append([
                job.id.text, job.queue.text, job.state.rawValue, job.kind, HumanText.number(job.attempts),
                job.moment.map { HumanText.age($0, at: page.time) } ?? "", job.arguments,
            ])
        }
        return table
    }

    /// The result of a change of one job.
    static func result(_ result: ChangeOutcome.Result) -> String {
        switch result {
        case .now(let state): state.rawValue
        case .cancelling: "cancelling: its worker was asked to stop"
        case .deleted: "deleted"
        case .refused(let state): "refused: it is \(state.rawValue)"
        case .taken(let owner): "refused: \(owner) has not ended and is equal"
        case .missing: "missing: there is no such job"
        }
    }

    /// All data of one job.
    static func card(_ job: JobDetails, style: Style = .plain) -> [String] {
        let fields = place(job) + counts(job) + times(job) + links(job.links) + steps(job) + outcome(job)
        return [style.paint("\(job.id)", .bold) + "  in \(job.queue)"]
            + fields.compactMap { name, value in
                value.map { "  \(name.padding(toLength: 12, withPad: " ", startingAt: 0))\(HumanText.visible($0))" }
            }
            + failures(job, style)
    }

    private typealias Field = (name: String, value: String?)

    private static func place(_ job: JobDetails) -> [Field] {
        [
            ("state", job.state.rawValue),
            ("kind", job.kind.isEmpty ? "unknown: its spec is not valid" : job.kind),
            ("arguments", job.arguments),
            ("version", job.version == 1 ? nil : "\(job.version) of its arguments"),
            ("redacted", job.redacted.isEmpty ? nil : job.redacted.joined(separator: ", ")),
            ("chain", job.chain.map { $0.key + ($0.onDiscarded == .hold ? ", which it holds when it is discarded" : "") }),
            ("lane", job.lane.isEmpty ? nil : job.lane),
            ("unique by", job.uniqueness.map { unique($0, at: job.time) }),
            ("then", job.uniqueness?.next.map(next)),
        ]
    }

    private static func unique(_ uniqueness: JobUniqueness, at time: Date) -> String {
        let held = uniqueness.heldUntil.map { $0 > time ? ", at least until \($0.rfc3339)" : "" } ?? ""
        return uniqueness.fingerprint + (uniqueness.isUntilStarted ? ", until it starts" : held)
    }

    private static func next(_ next: JobUniqueness.Next) -> String {
        switch next {
        case .again: "runs again"
        case .arguments(let text): "runs with \(text)"
        }
    }

    private static func counts(_ job: JobDetails) -> [Field] {
        let failed = "\(HumanText.number(job.attempts)) failed"
        let most = job.maxAttempts.map { ", \(HumanText.number($0)) at most" } ?? ""
        let mostWaits = job.maxWaits.map { ", \(HumanText.number($0)) at most" } ?? ""
        return [
            ("attempts", failed + most),
            ("crashes", job.crashes == 0 ? nil : "its worker died \(HumanText.count(job.crashes, "time"))"),
            ("waits", job.waits == 0 ? nil : "something it needs was missing \(HumanText.count(job.waits, "time"))\(mostWaits)"),
            ("priority", job.priority == 5 ? nil : "\(job.priority)"),
            ("timeout", job.timeout.map(HumanText.duration)),
        ]
    }

    private static func times(_ job: JobDetails) -> [Field] {
        func moment(_ date: Date?) -> String? { date.map { "\($0.rfc3339)  (\(HumanText.age($0, at: job.time)))" } }
        let deadline = job.deadline.map { date in
            let left = date > job.time ? "in \(HumanText.duration(job.time.age(at: date)))" : HumanText.age(date, at: job.time)
            return "\(date.rfc3339)  (\(left))"
        }
        let run = job.run.map { run in "attempt \(run.attempt) on \(run.worker), fence \(run.fence)" }
        return [
            ("created", moment(job.createdAt)),
            ("due", moment(job.dueAt)),
            (job.state == .executing ? "runs" : "last run", run),
            ("started", moment(job.startedAt)),
            ("ended", moment(job.endedAt)),
            ("deadline", deadline),
        ]
    }

    private static func links(_ links: JobLinks) -> [Field] {
        let policy = links.parent.map { Self.policy($0.onFailed) } ?? ""
        let more = links.followerCount - links.followers.prefix(5).count
        let named = links.followers.prefix(5).map(\.text).joined(separator: " ")
        return [
            ("follows", links.parent.map { "\($0.id)\(policy)" }),
            ("goes to", links.target.map { "queue \($0)" }),
            ("followed by", links.followers.isEmpty ? nil : named + (more > 0 ? " and \(HumanText.number(more)) more" : "")),
            ("notifies", links.receivers.isEmpty ? nil : links.receivers.map(receiver).joined(separator: ", ")),
        ]
    }

    /// The receiver of a job's end. That it is told is known only where it is.
    private static func receiver(_ line: String) -> String {
        let words = line.split(separator: " ").map(String.init)
        let place = words.first?.split(separator: ".", maxSplits: 1).map(String.init) ?? []
        switch (place.first, words.count) {
        case ("notify", 3): return "web hook \(words[2]) (\(words[1])), delivered by sluice-webhooks from queue \(Notify.queue)"
        case ("workflow", 2) where place.count == 2: return "node \(words[1]) of workflow \(place[1])"
        case ("batch", _) where place.count == 2: return "batch \(place[1])"
        case ("wait", 2): return "a client that waits, \(words[1])"
        default: return line
        }
    }

    private static func policy(_ onFailed: FailurePolicy) -> String {
        switch onFailed {
        case .ignore: ""
        case .compensate: ", only if that does not complete"
        case .cancel, .hold: ", or \(onFailed.rawValue) if that does not complete"
        }
    }

    private static func outcome(_ job: JobDetails) -> [Field] {
        let progress = job.progress.map { progress in
            "\(Int((progress.fraction * 100).rounded(.down))) %" + (progress.note.isEmpty ? "" : ": \(progress.note)")
                + "  (\(HumanText.age(progress.at, at: job.time)))"
        }
        return [("progress", progress), ("result", job.result)]
    }

    private static func steps(_ job: JobDetails) -> [Field] {
        job.steps.enumerated().map { position, step in
            let end = step.result.map { "done: \($0)" } ?? "begun, and not known to have ended; its token is \(step.token)"
            return (position == 0 ? "steps" : "", "\(step.name) \(end)")
        }
    }

    private static func failures(_ job: JobDetails, _ style: Style) -> [String] {
        if job.failures.isEmpty { return [] }
        return ["  errors"]
            + job.failures.flatMap { failure -> [String] in
                let when = HumanText.age(failure.at, at: job.time)
                let others = failure.diedWith.isEmpty ? [] : ["      died with it: \(failure.diedWith.joined(separator: " "))"]
                // A failure that was recorded outside of a run has no worker.
                let place = failure.worker.isEmpty ? "" : ", on \(HumanText.visible(failure.worker))"
                let head = "    attempt \(failure.attempt), \(when)\(place)"
                let text = failure.message.split(whereSeparator: \.isNewline).map {
                    style.paint("      \(HumanText.visible(String($0)))", .red)
                }
                return [head] + text + others.map(HumanText.visible)
            }
    }
}
