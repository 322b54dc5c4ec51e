import SluiceCore
import SluiceInspector

/// Notifications of web hooks: dead letters, and those that wait for a try.
enum WebhooksPage {
    static let routes: [Route] = [.page("webhooks") { try await page($0) }]

    /// A row costs a call, for its error and its next attempt.
    private static let rows = 12

    /// The lists to choose from.
    private enum List: String, CaseIterable {
        case dead, waiting

        var states: [JobState] {
            switch self {
            case .dead: [.discarded]
            case .waiting: [.retryable, .available, .scheduled, .suspended, .executing]
            }
        }

        var options: String { states.map { " --state \($0.rawValue)" }.joined() }
    }

    private static func page(_ request: WebRequest) async throws -> Page {
        let list = try request.choice("list", of: List.self) ?? .dead
        let snapshot = try await request.site.watcher.snapshot()
        let status = snapshot.queue(Notify.queue)?.status
        let counts = status?.states ?? [:]
        let page = try await request.inspector.jobs(
            matching: JobFilter(queues: [Notify.queue], states: list.states), limit: rows, after: request.query["cursor"],
            lists: .max, holding: { _, state in counts[state, default: 0] > 0 })
        let found = try await request.inspector.details(of: page.jobs.map(\.id), in: Notify.queue)
        let next = page.next.map { request.links.to("webhooks", query: [("list", list.rawValue), ("cursor", $0)]) }
        let content: HTML = """
            <h1>Web hooks</h1>
            <p class="sub">Notifications of the progress and the end of jobs. Each is a job of the queue \(Parts.link(request.links.queue(Notify.queue), Notify.queue.text)).</p>
            \(Parts.live("notes", notes(status, snapshot, request.links)))
            \(Parts.live("figures", figures(counts, request.links)))
            \(choices(list, counts, request.links))
            \(Parts.live("list", rows(found, list, request)))
            \(Parts.next(next))
            """
        return Page(
            title: "Web hooks", section: .webhooks, command: "sluice jobs list --queue \(Notify.queue)\(list.options)",
            // A later page of a list stands still.
            topics: request.query["cursor"] == nil ? ["*"] : [], content: content)
    }

    private static func notes(_ status: QueueStatus?, _ snapshot: Snapshot, _ links: Links) -> HTML {
        var notes: [HTML] = []
        let waiting = status?.waiting ?? 0
        if let pause = status?.pause {
            let reason = pause.reason.isEmpty ? "" : ": \(pause.reason)"
            notes.append(
                "<li class=\"look\">The queue is paused \(Parts.time(pause.since, at: snapshot.time))\(reason). Nothing is sent.</li>\n"
            )
        }
        if waiting > 0, status?.workers == 0 {
            notes.append(
                "<li class=\"wrong\">\(HumanText.count(waiting, "notification")) \(waiting == 1 ? "waits" : "wait"), and no worker delivers. <span class=\"cure\">Start one: <code>sluice-webhooks --secret-file FILE</code></span></li>\n"
            )
        }
        let sources = snapshot.queues.map(\.status).filter { $0.outgoing > 0 }
        if !sources.isEmpty {
            let names = sources.prefix(20).map { source -> HTML in
                "\(Parts.link(links.queue(source.queue), source.queue.text)) \(HumanText.number(source.outgoing))"
            }
            let rest: HTML? = sources.count > 20 ? " and \(HumanText.count(sources.count - 20, "more queue"))" : nil
            notes.append(
                "<li>Outbox messages that wait for their relay, notifications included: \(names.joined(", "))\(rest). A worker of any queue relays them.</li>\n"
            )
        }
        return notes.isEmpty ? "" : "<ul class=\"notes\">\(notes)</ul>"
    }

    private static func figures(_ counts: [JobState: Int], _ links: Links) -> HTML {
        func figure(_ state: JobState, _ label: String) -> Figures.Figure {
            let address = links.to("jobs", query: [("queue", Notify.queue.text), ("state", state.rawValue)])
            return .init(counts[state, default: 0], label, address)
        }
        return Figures([
            figure(.discarded, counts[.discarded] == 1 ? "dead letter" : "dead letters"),
            figure(.retryable, "waiting for another attempt"), figure(.available, "to be sent"),
            figure(.executing, "being sent"), figure(.completed, "delivered and kept"),
        ]).html
    }

    private static func choices(_ list: List, _ counts: [JobState: Int], _ links: Links) -> HTML {
        func choice(_ other: List, _ title: String) -> Parts.Choice {
            .init(
                title, links.to("webhooks", query: [("list", other.rawValue)]),
                count: other.states.reduce(0) { $0 + counts[$1, default: 0] }, isChosen: other == list)
        }
        return Parts.choices("List", [choice(.dead, "Dead letters"), choice(.waiting, "Waiting")])
    }

    // MARK: The list

    private static func rows(_ jobs: [JobDetails], _ list: List, _ request: WebRequest) -> HTML {
        if jobs.isEmpty {
            return list == .dead
                ? "<p class=\"empty\">\(Parts.word(.good, "No notification was given up."))</p>"
                : Parts.empty("No notification waits.")
        }
        let mayAct = request.allows(.operator)
        var table = Table(
            list == .dead ? "Dead letters" : "Waiting notifications",
            (mayAct ? [.init(Parts.pickAll, .pick)] : []) + [
                .init("Job", .text), .init("Event", .short), .init("Receiver"), .init("Attempts", .number),
                .init(list == .dead ? "Given up" : "Next attempt", .short), .init("Last error", .long),
            ])
        table.rows = jobs.map { job in
            let notice = NoticeText(job)
            let pick: HTML = """
                <input type="checkbox" class="pick-one" name="job" value="\(job.queue.text)/\(job.id.text)" aria-label="Choose \(job.id.text)">
                """
            return (mayAct ? [pick] : []) + [
                subject(job, request.links),
                Parts.link(request.links.job(job.id, in: job.queue), notice.event), "\(notice.host)",
                Parts.number(tries(job)), moment(job), job.failures.last.map { Parts.clipped($0.message, to: 200) } ?? "",
            ]
        }
        if !mayAct { return table.html }
        return """
            <form method="post" action="\(request.links.to("jobs", "selected"))">
            \(table.html)
            <div class="actions"><span>With the <span data-picked>chosen</span> notifications:</span>
            <button name="change" value="retry">\(list == .dead ? "Send again" : "Send now")…</button>
            <button name="change" value="delete" class="danger">Remove…</button></div>
            </form>
            \(list == .dead ? all(request.links) : nil)
            """
    }

    /// The job that it tells of.
    private static func subject(_ job: JobDetails, _ links: Links) -> HTML {
        guard let (queue, id) = NoticeText(job).subject else { return "–" }
        return "\(Parts.link(links.queue(queue), queue.text)) / \(Parts.link(links.job(id, in: queue), id.text))"
    }

    /// A retry by an operator begins the count anew. A dead letter counts the try that ended it, too.
    private static func tries(_ job: JobDetails) -> Int {
        job.state == .discarded ? max(job.attempts, job.failures.last?.attempt ?? 0) : job.attempts
    }

    private static func moment(_ job: JobDetails) -> HTML {
        switch job.state {
        case .discarded, .completed, .cancelled: Parts.time(job.endedAt, at: job.time)
        case .retryable, .scheduled: Parts.time(job.dueAt, at: job.time)
        case .available: "when a worker is free"
        case .suspended: "held"
        case .executing: Parts.state(.executing)
        }
    }

    private static func all(_ links: Links) -> HTML {
        let changes = [("retry", "Send all again…"), ("delete", "Remove all…")].map { change, title in
            Parts.link(
                links.to(
                    "bulk", query: [("change", change), ("queue", Notify.queue.text), ("state", JobState.discarded.rawValue)]),
                title)
        }
        return "<p>All dead letters: \(changes.joined(" · "))</p>"
    }
}

extension Inspector {
    /// All data of several jobs, with a call for each. Jobs that are gone are left out.
    func details(of ids: [JobID], in queue: QueueName) async throws -> [JobDetails] {
        try await InOrder.map(ids) { id throws(SluiceError) in try await self.job(id, in: queue) }.compactMap { $0 }
    }
}
