import SluiceCore
import SluiceInspector

/// Failed jobs grouped by kind and error, queue by queue.
enum FailuresPage {
    static let routes: [Route] = [.page("failures") { try await page($0) }]

    /// The most jobs of a queue that are looked at, so that the page costs the same for any number of failures.
    private static let most = 2000
    private static let mostQueues = 5

    private static func page(_ request: WebRequest) async throws -> Page {
        let query = try JobQuery(request.query)
        let snapshot = try await request.site.watcher.snapshot()
        let failing = snapshot.queues.map(\.status)
            .filter { $0.retryable + $0.discarded > 0 && (query.queue == nil || $0.queue == query.queue) }
            .sorted { ($1.retryable + $1.discarded, $0.queue.text) < ($0.retryable + $0.discarded, $1.queue.text) }
        var parts: [HTML] = []
        for status in failing.prefix(mostQueues) { parts.append(try await part(status, request)) }
        let rest = failing.dropFirst(mostQueues).map { status in
            "<li>\(Parts.link(request.links.to("failures", query: [("queue", status.queue.text)]), status.queue.text)): \(HumanText.count(status.retryable + status.discarded, "failed job"))</li>\n"
                as HTML
        }
        let more: HTML? = rest.isEmpty ? nil : "<h2>More queues with failures</h2><ul>\(rest)</ul>"
        let content: HTML = """
            <h1>Failures</h1>
            <p class="sub">Jobs that wait for another attempt, and discarded jobs, by kind and last error. A # stands for a number or an id.</p>
            \(Parts.live("failures", parts.isEmpty ? "<p class=\"empty\">\(Parts.word(.good, "No job has failed."))</p>" : parts.joined() + (more ?? "")))
            """
        return Page(
            title: "Failures", section: .failures,
            command: "sluice jobs errors" + (query.queue.map { " \($0)" } ?? ""), topics: [query.queue?.text ?? "*"],
            content: content)
    }

    private static func part(_ status: QueueStatus, _ request: WebRequest) async throws -> HTML {
        let (progress, groups) = try await request.inspector.preview(
            .retry, where: BulkFilter(limit: most), in: status.queue)
        var table = Table(
            "Failures in \(status.queue)",
            [.init("Jobs", .number), .init("Kind"), .init("Error", .long), .init("Example", .short, isWide: true)]
                + (request.allows(.operator) ? [.init("Change", .short)] : []))
        table.rows = groups.prefix(50).map { group in
            [
                Parts.number(group.count), "\(group.kind)",
                Parts.clipped(group.error.isEmpty ? "no error is stored" : group.error, to: 300),
                Parts.link(request.links.job(group.example, in: status.queue), group.example.text),
            ] + (request.allows(.operator) ? [acts(group, status, request.links)] : [])
        }
        let total = status.retryable + status.discarded
        let part = progress.matched < total ? "; \(HumanText.number(progress.matched)) of them were examined" : ""
        return """
            <h2>\(Parts.link(request.links.queue(status.queue), status.queue.text))</h2>
            <p class="soft">\(HumanText.number(status.retryable)) wait for another attempt, \(HumanText.number(status.discarded)) were discarded\(part).</p>
            \(table.html)
            """
    }

    /// The changes of exactly the jobs of a group, as far as a condition can tell them.
    private static func acts(_ group: ErrorGroup, _ status: QueueStatus, _ links: Links) -> HTML {
        // The longest part of the error without replaced parts selects the jobs.
        let words = group.error.split(separator: "#").map { $0.trimmingPrefix { $0 == " " } }.max { $0.count < $1.count } ?? ""
        var fields = [("queue", status.queue.text), ("kind", group.kind)]
        if !words.isEmpty { fields.append(("error", String(words.prefix(150)))) }
        return ["retry", "delete"].map { change in
            Parts.link(
                links.to("bulk", query: [("change", change), ("state", "retryable"), ("state", "discarded")] + fields),
                change == "retry" ? "Retry…" : "Delete…")
        }.joined(" · ")
    }
}
