import SluiceCore
import SluiceInspector

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What has happened to a job, oldest first. Why it waits, and how long, is told by its ``JobReasons``.
struct JobTimeline {
    private struct Moment {
        var tone: Parts.Tone
        var at: Date?
        var what: HTML
        var more: HTML = ""
    }

    private let job: JobDetails
    private let links: Links

    init(_ job: JobDetails, _ links: Links) {
        self.job = job
        self.links = links
    }

    var html: HTML {
        // The last run began before its own failure.
        let runs = (job.failures.map(failed) + [run].compactMap { $0 }).sorted {
            ($0.at ?? .distantFuture) < ($1.at ?? .distantFuture)
        }
        let moments = [enqueued] + runs + [ended].compactMap { $0 }
        let lines = moments.map { moment -> HTML in
            """
            <li class="\(moment.tone.rawValue)">\(moment.what) \(moment.at.map { "<span class=\"soft\">\(Parts.time($0, at: job.time))</span>" as HTML })\(moment.more)</li>

            """
        }
        return "<ol class=\"line\">\n\(lines)</ol>"
    }

    private var enqueued: Moment {
        Moment(tone: .quiet, at: job.createdAt, what: job.createdAt == nil ? "Enqueued; the time is no longer kept" : "Enqueued")
    }

    private func failed(_ failure: JobFailure) -> Moment {
        let more: HTML? =
            failure.error == failure.message || failure.error.isEmpty
            ? nil
            : "<details><summary>The whole error</summary><pre tabindex=\"0\">\(String(failure.error.prefix(10_000)))</pre></details>"
        let died: HTML? =
            failure.diedWith.isEmpty
            ? nil : "<p class=\"soft\">The worker died. It also ran \(failure.diedWith.prefix(10).joined(separator: ", ")).</p>"
        return Moment(
            tone: .wrong, at: failure.at, what: "Attempt \(failure.attempt) failed",
            more: "<p>\(Parts.clipped(failure.message, to: 600))</p><p class=\"soft\">on \(failure.worker)</p>\(died)\(more)")
    }

    /// The run that goes on, or the one that succeeded.
    private var run: Moment? {
        if let run = job.run, job.state == .executing {
            let waited = HumanText.duration(max(run.availableSince.age(at: run.startedAt), .zero))
            return Moment(
                tone: .runs, at: run.startedAt, what: "Attempt \(run.attempt) runs",
                more: "<p class=\"soft\">on \(run.worker.text), after a wait of \(waited)</p>")
        }
        return job.startedAt.map { started in
            let waited = job.createdAt.map { created in
                "<p class=\"soft\">after a wait of \(HumanText.duration(max(created.age(at: started), .zero)))</p>" as HTML
            }
            return Moment(tone: .quiet, at: started, what: "The last run started", more: waited ?? "")
        }
    }

    private var ended: Moment? {
        guard let ended = job.endedAt else { return nil }
        let ran = job.startedAt.map { started in
            "<p class=\"soft\">after \(HumanText.duration(max(started.age(at: ended), .zero)))</p>" as HTML
        }
        let word = job.state.rawValue
        return Moment(
            tone: Parts.tone(job.state), at: ended, what: "\(word.prefix(1).uppercased() + word.dropFirst())",
            more: job.state == .completed ? ran ?? "" : "")
    }
}
