import SluiceCore
import SluiceInspector

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The workers of all queues, or of one: leases, what they run, what they handle.
enum WorkersPage {
    static let routes: [Route] = [.page("workers") { try await page($0) }]

    /// The most queues whose workers are read for one page.
    private static let mostQueues = 12
    /// The most queues whose waiting jobs are looked at for kinds.
    private static let mostExamined = 4
    private static let mostRows = 500
    private static let kindsAge = Duration.seconds(30)

    private static func page(_ request: WebRequest) async throws -> Page {
        let chosen = try request.chosenQueue(request.query)
        let first = try request.number("from")
        let snapshot = try await request.site.watcher.snapshot()
        // A queue with runs may have workers whose leases have ended.
        let served = snapshot.queues.filter { $0.status.workers > 0 || $0.status.executing > 0 }
        let asked = chosen.map { [$0] } ?? served.dropFirst(first).prefix(mostQueues).map(\.status.queue)
        let workers = try await request.inspector.workers(of: asked)
        let hasMore = chosen == nil && first + asked.count < served.count
        let library = try await request.inspector.library()
        let unhandled = await unhandled(served, request)
        let choices =
            [Parts.Choice("all queues", request.links.to("workers"), isChosen: chosen == nil)]
            + served.prefix(40).map {
                Parts.Choice(
                    $0.status.queue.text, request.links.to("workers", query: [("queue", $0.status.queue.text)]),
                    count: $0.status.workers, isChosen: $0.status.queue == chosen)
            }
        let content: HTML = """
            <h1>Workers</h1>
            \(served.count > 1 ? Parts.choices("Queue", choices) : nil)
            \(Parts.live("head", head(workers, library, unhandled.filter { chosen == nil || $0.queue == chosen }, snapshot, chosen, request.links)))
            \(Parts.live("workers", list(workers, at: snapshot.time, request.links)))
            \(Parts.next(hasMore ? request.links.to("workers", query: [("from", "\(first + asked.count)")]) : nil))
            """
        return Page(
            title: "Workers", section: .workers, command: "sluice workers list" + (chosen.map { " --queue \($0)" } ?? ""),
            topics: chosen.map { [$0.text] } ?? ["*"], content: content)
    }

    /// The kinds that no live worker handles, in the queues where most jobs are ready. They are looked for twice a minute at most.
    private static func unhandled(_ queues: [Snapshot.Queue], _ request: WebRequest) async -> [UnhandledKind] {
        let asked = queues.filter { $0.status.workers > 0 && $0.status.available + $0.status.scheduled + $0.status.retryable > 0 }
            .sorted { ($1.status.available, $0.status.queue) < ($0.status.available, $1.status.queue) }
            .prefix(mostExamined).map(\.status.queue)
        if asked.isEmpty { return [] }
        let inspector = request.inspector
        let standing = await request.site.health.kinds.standing(within: kindsAge, patience: .seconds(1)) { _ in
            try await InOrder.map(asked) { queue throws(SluiceError) in try await inspector.unhandledKinds(of: queue) }.flatMap {
                $0
            }
        }
        return standing.value ?? []
    }

    private static func head(
        _ workers: [WorkerStatus], _ library: ServerStatus.Library?, _ unhandled: [UnhandledKind], _ snapshot: Snapshot,
        _ chosen: QueueName?, _ links: Links
    ) -> HTML {
        let expired = workers.count { $0.lease <= .zero }
        let places = workers.filter { $0.lease > .zero }.compactMap { WorkerInfo($0.info).concurrency }.reduce(0, +)
        var notes: [HTML] = []
        if expired > 0 {
            notes.append(
                "<li class=\"wrong\">\(HumanText.count(expired, "lease")) \(expired == 1 ? "has" : "have") ended: the worker is dead, or it cannot reach Redis. The next call of a live worker takes its jobs back.</li>\n"
            )
        }
        for queue in snapshot.queues where (chosen == nil || queue.status.queue == chosen) && queue.status.workers == 0 {
            let jobs = queue.status.available + queue.status.executing
            if jobs == 0 || notes.count > 10 { continue }
            notes.append(
                "<li class=\"wrong\">\(Parts.link(links.queue(queue.status.queue), queue.status.queue.text)): \(HumanText.count(jobs, "job")) \(jobs == 1 ? "needs" : "need") a worker, and there is no live one.</li>\n"
            )
        }
        for kind in unhandled.prefix(10) {
            notes.append(
                "<li class=\"wrong\">No live worker of \(Parts.link(links.queue(kind.queue), kind.queue.text)) handles “\(kind.kind)”: \(HumanText.count(kind.jobs, "job")) \(kind.jobs == 1 ? "waits" : "wait"), such as \(Parts.link(links.job(kind.example, in: kind.queue), kind.example.text)).</li>\n"
            )
        }
        if let library, library.revision != library.ownRevision {
            let side = library.revision > library.ownRevision ? "newer" : "older"
            notes.append(
                "<li class=\"look\">The function library on the server has revision \(library.revision)\(library.isPinned ? ", pinned" : ""), \(side) than \(library.ownRevision) of this program.</li>\n"
            )
        }
        return """
            \(notes.isEmpty ? nil : "<ul class=\"notes\">\(notes)</ul>" as HTML)
            \(Figures([
                .init(workers.count - expired, "live here"), .init(places, "places"),
                .init(workers.reduce(0) { $0 + $1.jobs }, "jobs held"), .init(expired, "leases ended"),
            ]).html)
            """
    }

    private static func list(_ workers: [WorkerStatus], at now: Date, _ links: Links) -> HTML {
        if workers.isEmpty { return Parts.empty("There is no worker.") }
        var table = Table(
            "Workers",
            [
                .init("Process"), .init("Queue", .short), .init("Lease", .short), .init("Runs", .short),
                .init("Handles"), .init("Started", .short, isWide: true), .init("Id", isWide: true),
            ])
        let sorted = workers.sorted {
            ($0.lease > .zero ? 1 : 0, $0.queue, $0.worker.text) < ($1.lease > .zero ? 1 : 0, $1.queue, $1.worker.text)
        }
        table.rows = sorted.prefix(mostRows).map { worker in
            let info = WorkerInfo(worker.info)
            let version: HTML? = worker.version.map {
                "<br><span class=\"soft\">version \(HumanText.visible(HumanText.cut($0, to: 64)))</span>" as HTML
            }
            return [
                "\(info.place)\(version)", Parts.link(links.queue(worker.queue), worker.queue.text), lease(worker.lease),
                runs(worker, info, links), "\(info.handles)", Parts.time(info.started, at: now),
                "<span class=\"mono\">\(worker.worker.text)</span>",
            ]
        }
        let rest = workers.count - table.rows.count
        return table.html + (rest > 0 ? Parts.empty("and \(HumanText.count(rest, "more worker"))") : "")
    }

    private static func lease(_ left: Duration) -> HTML {
        if left <= .zero { return Parts.word(.wrong, "ended \(HumanText.duration(left)) ago") }
        return Parts.word(.good, "\(HumanText.duration(left)) left")
    }

    private static func runs(_ worker: WorkerStatus, _ info: WorkerInfo, _ links: Links) -> HTML {
        let address = links.to("jobs", query: [("queue", worker.queue.text), ("state", "executing")])
        guard let places = info.concurrency else { return Parts.link(address, HumanText.number(worker.jobs)) }
        let words = "\(HumanText.number(worker.jobs)) of \(HumanText.number(places))"
        return "\(Sparks.share(worker.jobs, of: places, "\(words) places")) \(Parts.link(address, words))"
    }
}

extension Inspector {
    /// The workers of several queues, queue by queue.
    func workers(of queues: [QueueName]) async throws -> [WorkerStatus] {
        try await InOrder.map(queues) { queue throws(SluiceError) in try await self.workers(of: queue) }.flatMap { $0 }
    }
}
