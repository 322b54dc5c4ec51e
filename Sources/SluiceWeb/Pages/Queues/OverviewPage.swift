import SluiceCore
import SluiceInspector

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Whether all is well, and if not, where to look. It makes no call to Redis of its own: it shows the last snapshot.
enum OverviewPage {
    static let routes: [Route] = [.page("") { try await page($0) }]

    /// The most queues that are listed. The others are counted.
    private static let mostQueues = 200

    static func page(_ request: WebRequest) async throws -> Page {
        let snapshot = try await request.site.watcher.snapshot()
        let standings = snapshot.queues.map { (queue: $0, standing: Standing($0)) }
        let content: HTML = """
            \(Parts.live("head", head(standings, snapshot, request.links)))
            \(Parts.live("chart", chart(snapshot)))
            <h2>Queues</h2>
            \(Parts.live("queues", table(standings, snapshot, request.links)))
            """
        return Page(title: "Overview", section: .overview, command: "sluice status", topics: ["*"], content: content)
    }

    private typealias Entry = (queue: Snapshot.Queue, standing: Standing)

    private static func head(_ entries: [Entry], _ snapshot: Snapshot, _ links: Links) -> HTML {
        let wrong = entries.filter { $0.standing.notes.contains { $0.tone == .wrong } }
        let look = entries.filter { !$0.standing.notes.isEmpty && !$0.standing.notes.contains { $0.tone == .wrong } }
        let headline: HTML
        if entries.isEmpty {
            headline =
                "<h1>No queue yet</h1><p>A queue appears with its first job: <code>sluice enqueue hello '{}' --queue mail</code></p>"
        } else if !wrong.isEmpty {
            headline =
                "<h1 class=\"wrong\">\(Marks.cross)\(HumanText.count(wrong.count, "queue")) \(wrong.count == 1 ? "has" : "have") a problem</h1>"
        } else if !look.isEmpty {
            headline =
                "<h1>\(Parts.word(.look, "Work goes on; \(HumanText.count(look.count, "queue")) \(look.count == 1 ? "has a warning" : "have warnings")"))</h1>"
        } else {
            headline = "<h1>\(Parts.word(.good, "All is well"))</h1>"
        }
        let notes = (wrong + look).prefix(12).flatMap { entry in
            entry.standing.notes.map { note -> HTML in
                """
                <li class="\(note.tone.rawValue)">\(Parts.link(links.queue(entry.queue.status.queue), entry.queue.status.queue.text)): \(note.text)</li>

                """
            }
        }
        return """
            \(headline)
            \(notes.isEmpty ? nil : "<ul class=\"notes\">\(notes)</ul>" as HTML)
            \(entries.isEmpty ? nil : figures(snapshot, links))
            """
    }

    private static func figures(_ snapshot: Snapshot, _ links: Links) -> HTML {
        let oldest = snapshot.queues.map(\.status.oldestAvailable).max() ?? .zero
        let workers = snapshot.sum(\.status.workers)
        return Figures([
            .init(snapshot.sum(\.status.available), "ready", links.to("jobs", query: [("state", "available")])),
            .init(snapshot.sum(\.status.executing), "running", links.to("jobs", query: [("state", "executing")])),
            .init(
                snapshot.sum { $0.status.scheduled + $0.status.retryable + $0.status.suspended }, "for later",
                links.to("jobs", query: [("state", "scheduled"), ("state", "retryable"), ("state", "suspended")])),
            .init(snapshot.sum { $0.lastHour("completed") }, "done in the last hour", nil),
            .init(snapshot.sum { $0.lastHour("discarded") }, "discarded in the last hour", links.to("failures")),
            .init(text: oldest == .zero ? "–" : HumanText.duration(oldest), "wait of the oldest ready job", nil),
            .init(workers, workers == 1 ? "worker" : "workers", links.to("workers")),
        ]).html
    }

    private static func chart(_ snapshot: Snapshot) -> HTML {
        if snapshot.queues.isEmpty { return "" }
        func sum(_ names: String...) -> [Int] {
            var values = [Int](repeating: 0, count: 60)
            for queue in snapshot.queues {
                for (index, value) in queue.perMinute(names, at: snapshot.time).enumerated() { values[index] += value }
            }
            return values
        }
        let first = snapshot.queues.map { $0.firstMinute(at: snapshot.time) }.min() ?? 0
        return Charts.perMinute(
            enqueued: sum("enqueued"), done: sum("completed"), failed: sum("retried", "discarded"), since: first)
    }

    private static func table(_ entries: [Entry], _ snapshot: Snapshot, _ links: Links) -> HTML {
        if entries.isEmpty { return Parts.empty("There is no queue.") }
        var table = Table(
            "Queues",
            [
                .init("Queue", .short), .init("State", .short), .init("Ready", .number), .init("Running", .number),
                .init("Later", .number, isWide: true), .init("Oldest", .number), .init("Enqueued /min", .number, isWide: true),
                .init("Done /min", .number), .init("Failed /h", .number), .init("Workers", .number),
                .init("Done, last hour", .short, isWide: true),
            ])
        table.rows = entries.prefix(mostQueues).map { entry in row(entry, snapshot, links) }
        let rest = entries.count - min(entries.count, mostQueues)
        return table.html + (rest > 0 ? Parts.empty("and \(HumanText.count(rest, "more queue"))") : "")
    }

    private static func row(_ entry: Entry, _ snapshot: Snapshot, _ links: Links) -> [HTML] {
        let (queue, status) = (entry.queue, entry.queue.status)
        let done = queue.perMinute(["completed"], at: snapshot.time)
        return [
            Parts.link(links.queue(status.queue), status.queue.text), entry.standing.word(status),
            Parts.number(status.available), Parts.number(status.executing),
            Parts.number(status.scheduled + status.retryable + status.suspended),
            status.oldestAvailable == .zero ? Parts.duration(nil) : Parts.duration(status.oldestAvailable),
            Parts.number(queue.perMinute(["enqueued"], at: snapshot.time).last ?? 0), Parts.number(done.last ?? 0),
            Parts.number(queue.lastHour("retried", "discarded")), Parts.number(status.workers),
            Sparks.line(done, "jobs done a minute, last hour"),
        ]
    }
}
