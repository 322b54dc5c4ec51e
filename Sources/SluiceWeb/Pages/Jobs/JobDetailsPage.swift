import HTTPTypes
import SluiceCore
import SluiceInspector

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// One job: why it does not run, its timeline, its data and its relations.
enum JobDetailsPage {
    static let routes: [Route] = [
        .page("jobs/{queue}/{id}") { try await page($0) },
        .action("jobs/{queue}/{id}/change") { try await change($0) },
    ]

    /// The pages of transitions that are searched for times that are not stored with the job.
    private static let mostPages = 8

    private static func page(_ request: WebRequest) async throws -> Page {
        let (queue, id) = (try request.queue(), try id(request))
        guard let found = try await request.inspector.job(id, in: queue) else {
            throw WebError.notFound(
                "The job \(id)", "The queue \(queue) has no such job: it was deleted, or is no longer kept.")
        }
        let job = found.state.isEnded ? try await request.inspector.withTimes(found, pages: mostPages) : found
        let explanation = job.state.isEnded ? nil : try await request.inspector.explain(id, in: queue)
        let content: HTML = """
            <p class="crumbs">\(Parts.link(request.links.queue(queue), queue.text)) / job</p>
            <h1>\(job.kind.isEmpty ? "A job without a valid spec" : job.kind)</h1>
            <p class="sub mono">\(id.text)</p>
            \(Parts.live("state", head(job, explanation, request)))
            <h2>Timeline</h2>
            \(Parts.live("timeline", JobTimeline(job, request.links).html))
            \(Parts.live("data", data(job, request)))
            """
        return Page(
            title: "\(job.kind) \(id)", section: .jobs, command: "sluice jobs show \(JobQuery.quoted(id.text)) --queue \(queue)",
            topics: [queue.text], content: content)
    }

    private static func id(_ request: WebRequest) throws -> JobID {
        do throws(SluiceError) {
            return try JobID(request.part("id"))
        } catch {
            throw WebError.notFound("This job", "A job cannot have this id.")
        }
    }

    private static func change(_ request: WebRequest) async throws -> String {
        let (queue, id, change) = (try request.queue(), try id(request), try JobChange(form: request.form))
        let outcome = try await request.change { inspector throws(SluiceError) in
            try await inspector.change(change, ids: [id], in: queue).first?.result
        }
        switch outcome {
        case .deleted: return request.links.to("jobs", query: [("queue", queue.text)])
        case .now, .cancelling: return request.links.job(id, in: queue)
        case .missing, nil: throw WebError.notFound("The job \(id)", "The queue \(queue) has no such job any more.")
        case .refused, .taken:
            throw WebError(.conflict, "The job was not changed", outcome?.sentence ?? "")
        }
    }

    private static func head(_ job: JobDetails, _ explanation: Explanation?, _ request: WebRequest) -> HTML {
        return """
            <p>\(Parts.state(job.state))\(progress(job))</p>
            \(explanation.map { JobReasons($0).html })
            \(request.allows(.operator) ? actions(job, request.links) : nil)
            """
    }

    private static func progress(_ job: JobDetails) -> HTML? {
        job.progress.map { progress in
            let percent = Int((progress.fraction * 100).rounded())
            return """
                <span class="soft"> · \(Sparks.meter(percent, of: 100, "\(percent) percent done")) \(percent) % \(progress.note)</span>
                """
        }
    }

    private static func actions(_ job: JobDetails, _ links: Links) -> HTML {
        let address = links.to("jobs", job.queue.text, job.id.text, "change")
        func asks(_ change: JobChange) -> HTML {
            """
            <details class="act"><summary>\(change.title)…</summary><form method="post" action="\(address)">
            \(Parts.hidden([("change", change.name)]))<p>\(change.meaning)</p>
            <label for="reason-\(change.name)">Reason</label><input id="reason-\(change.name)" name="reason" maxlength="500" size="40">
            <button class="\(change == .delete ? "danger" : "first")">\(change.title) this job</button></form></details>
            """
        }
        let retry: HTML? =
            job.state == .executing || job.state == .available
            ? nil : Parts.button("Retry now", to: address, [("change", "retry")], style: "first")
        let cancel: HTML? = job.state.isEnded && job.state != .discarded ? nil : asks(.cancel)
        return "<div class=\"actions\">\(retry)\(cancel)\(asks(.delete))</div>"
    }

    private static func data(_ job: JobDetails, _ request: WebRequest) -> HTML {
        let links = request.links
        return """
            <h2>Arguments</h2>
            \(json(job.arguments))
            \(job.redacted.isEmpty ? nil : "<p class=\"soft\">Redacted: \(job.redacted.joined(separator: ", "))</p>" as HTML)
            \(job.result.map { "<h2>Result</h2>\n\(json($0))" as HTML })
            \(steps(job))
            <h2>Facts</h2>
            \(Parts.facts(facts(job) + relations(job, links)))
            """
    }

    /// JSON as it is stored, so that no number changes.
    private static func json(_ text: String) -> HTML {
        let most = 20_000
        if text.count <= most { return "<pre tabindex=\"0\">\(text)</pre>" }
        return """
            <pre tabindex="0">\(String(text.prefix(most)))…</pre>
            <p class="soft">The first \(HumanText.number(most)) of \(HumanText.number(text.count)) characters.</p>
            """
    }

    private static func steps(_ job: JobDetails) -> HTML {
        if job.steps.isEmpty { return "" }
        var table = Table("Steps that run once", [.init("Step"), .init("State", .short), .init("Token"), .init("Result", .long)])
        table.rows = job.steps.map { step in
            [
                "\(step.name)", step.result == nil ? Parts.word(.look, "begun") : Parts.word(.good, "done"),
                "<code>\(step.token)</code>", "<code>\(Parts.clipped(step.result ?? ""))</code>",
            ]
        }
        return "<h2>Steps that run once</h2>\n\(table.html)"
    }

    private static func facts(_ job: JobDetails) -> [(String, HTML?)] {
        [
            (
                "Attempts",
                "\(HumanText.number(job.attempts)) failed\(job.maxAttempts.map { " of at most \(HumanText.number($0))" } ?? "")"
            ),
            ("Crashes", job.crashes > 0 ? "its worker died \(HumanText.count(job.crashes, "time"))" : nil),
            ("Waits", job.waits > 0 ? "a dependency was missing \(HumanText.count(job.waits, "time"))" : nil),
            ("Priority", job.priority == 0 ? nil : "\(job.priority)"),
            ("Lane", job.lane.isEmpty ? nil : "\(job.lane)"),
            ("Needs", job.needs.isEmpty ? nil : "\(job.needs.map(\.description).joined(separator: ", "))"),
            ("Chain", job.chain.map { "\($0.key)" }),
            ("Timeout of a run", job.timeout.map { "\(HumanText.duration($0))" }),
            ("Deadline", job.deadline.map { Parts.time($0, at: job.time) }),
            ("Unique by", job.uniqueness.map { "<code>\($0.fingerprint)</code>" }),
            ("Version of the arguments", job.version == 1 ? nil : "\(job.version)"),
            ("Encrypted with key", job.key.map { "\($0)" }),
        ]
    }

    private static func relations(_ job: JobDetails, _ links: Links) -> [(String, HTML?)] {
        let followers = job.links.followers.prefix(20).map { Parts.link(links.job($0, in: job.queue), $0.text) }
        let rest = job.links.followerCount - followers.count
        let receivers = job.links.receivers.map { receiver -> HTML in
            let words = receiver.split(separator: " ", maxSplits: 1).map(String.init)
            guard let first = words.first else { return "" }
            if first.hasPrefix("workflow.") {
                let id = String(first.dropFirst("workflow.".count))
                return "\(Parts.link(links.to("workflows", id), "workflow \(id)"))\(words.count > 1 ? ", node \(words[1])" : "")"
            }
            if first.hasPrefix("batch.") {
                let id = String(first.dropFirst("batch.".count))
                return Parts.link(links.to("batches", id), "batch \(id)")
            }
            return "\(receiver)"
        }
        return [
            ("Follows", job.links.parent.map { Parts.link(links.job($0.id, in: job.queue), $0.id.text) }),
            ("Target queue", job.links.target.map { Parts.link(links.queue($0), $0.text) }),
            (
                "Followed by",
                followers.isEmpty
                    ? nil : "\(followers.joined(", "))\(rest > 0 ? " and \(HumanText.number(rest)) more" : "")" as HTML
            ),
            ("Reports to", receivers.isEmpty ? nil : receivers.joined(", ")),
        ]
    }
}
