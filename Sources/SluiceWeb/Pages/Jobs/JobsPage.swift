import HTTPTypes
import SluiceCore
import SluiceInspector

/// A list of jobs by queue, state and kind, a page at a time.
enum JobsPage {
    static let routes: [Route] = [.page("jobs") { try await page($0) }]

    private static let rows = 50
    /// How many lists, of a queue and a state, are read for a page.
    private static let lists = 15

    private static func page(_ request: WebRequest) async throws -> Page {
        let query = try JobQuery(request.query)
        guard query.isForList else {
            throw WebError(
                .badRequest, "These jobs cannot be listed",
                "Jobs are listed by queue, state and kind. By partition, error or age they can be counted and changed.")
        }
        var filter = JobFilter(kind: query.kind)
        filter.queues = query.queue.map { [$0] }
        if !query.states.isEmpty { filter.states = query.states }
        let snapshot = try await request.site.watcher.snapshot()
        if filter.queues == nil { filter.queues = snapshot.queues.map(\.status.queue) }
        let counts = Dictionary(snapshot.queues.map { ($0.status.queue, $0.status.states) }) { first, _ in first }
        let page = try await request.inspector.jobs(
            matching: filter, limit: rows, after: request.query["cursor"], lists: lists,
            // A queue that is not known yet may hold some.
            holding: { queue, state in counts[queue].map { $0[state, default: 0] > 0 } ?? true })
        let content: HTML = """
            <h1>Jobs</h1>
            \(filters(query, request.links))
            \(Parts.live("jobs", list(page, query, request)))
            """
        return Page(
            title: "Jobs", section: .jobs, command: "sluice jobs list" + query.options,
            topics: request.query["cursor"] == nil ? [query.queue?.text ?? "*"] : [], content: content)
    }

    private static func filters(_ query: JobQuery, _ links: Links) -> HTML {
        let chosen = query.states.count == 1 ? query.states.first : nil
        let options = JobState.listed.map { state -> HTML in
            "<option\(state == chosen ? " selected" as HTML : "")>\(state.rawValue)</option>"
        }
        return """
            <form class="fields" method="get" action="\(links.to("jobs"))" role="search">
            <div><label for="queue">Queue</label><input id="queue" name="queue" value="\(query.queue?.text ?? "")" size="16" placeholder="all"></div>
            <div><label for="state">State</label><select id="state" name="state"><option value="">all</option>\(options)</select></div>
            <div><label for="kind">Kind</label><input id="kind" name="kind" value="\(query.kind ?? "")" size="16" placeholder="all"></div>
            <button>Show</button>
            </form>
            """
    }

    private static func list(_ page: JobPage, _ query: JobQuery, _ request: WebRequest) -> HTML {
        let next: HTML? = page.next.map {
            "<p class=\"more\">\(Parts.link(request.links.to("jobs", query: query.fields + [("cursor", $0)]), "Next page"))</p>"
        }
        if page.jobs.isEmpty {
            return next.map { Parts.empty("No job on this page matches. The next page shows more queues.") + $0 }
                ?? Parts.empty("No job matches.")
        }
        let mayAct = request.allows(.operator)
        var table = Table(
            "Jobs",
            (mayAct ? [.init(Parts.pickAll, .pick)] : []) + [
                .init("Job"), .init("Queue", .short), .init("State", .short), .init("Kind"),
                .init("Attempts", .number, isWide: true),
                .init("When", .short), .init("Arguments", .long, isWide: true),
            ])
        table.rows = page.jobs.map { job in
            let pick: HTML = """
                <input type="checkbox" class="pick-one" name="job" value="\(job.queue.text)/\(job.id.text)" aria-label="Choose \(job.id.text)">
                """
            return (mayAct ? [pick] : []) + [
                Parts.link(request.links.job(job.id, in: job.queue), "<span class=\"mono\">\(job.id.text)</span>" as HTML),
                Parts.link(request.links.queue(job.queue), job.queue.text), Parts.state(job.state), "\(job.kind)",
                Parts.number(job.attempts), Parts.time(job.moment, at: page.time),
                "<code>\(Parts.clipped(job.arguments, to: 100))</code>",
            ]
        }
        if !mayAct { return table.html + (next ?? "") }
        return """
            <form method="post" action="\(request.links.to("jobs", "selected"))">
            \(table.html)
            <div class="actions"><span>With the <span data-picked>chosen</span> jobs:</span>
            <button name="change" value="retry">Retry…</button><button name="change" value="cancel">Cancel…</button>
            <button name="change" value="delete" class="danger">Delete…</button></div>
            </form>
            \(next)
            \(acts(query, request))
            """
    }

    /// The changes of all jobs that match, on this page or not.
    private static func acts(_ query: JobQuery, _ request: WebRequest) -> HTML {
        guard request.allows(.operator) else { return "" }
        let changes = [("retry", "Retry"), ("cancel", "Cancel"), ("delete", "Delete")].map { name, title in
            Parts.link(
                request.links.to("bulk", query: [("change", name)] + query.fields), "\(title) all that match…")
        }
        return "<p>\(changes.joined(" · "))</p>"
    }
}
