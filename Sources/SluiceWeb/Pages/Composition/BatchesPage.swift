import SluiceCore
import SluiceInspector

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The batches that are kept, newest first, and one of them.
enum BatchesPage {
    static let routes: [Route] = [.page("batches") { try await page($0) }, .page("batches/{id}") { try await show($0) }]

    private static let rows = 50
    /// Members that are named of those that have not ended.
    private static let mostMembers = 50
    /// The calls that look for the queues of members.
    private static let mostCalls = 4

    private static func page(_ request: WebRequest) async throws -> Page {
        let state = try request.choice("state", of: BatchStatus.State.self)
        let cursor = request.query["cursor"]
        let page = try await request.inspector.batchPage(state: state, limit: rows, after: cursor)
        let now = try await request.inspector.now()
        let query = state.map { [("state", $0.rawValue)] } ?? []
        let choices =
            [Parts.Choice("all", request.links.to("batches"), isChosen: state == nil)]
            + BatchStatus.State.allCases.map {
                Parts.Choice($0.rawValue, request.links.to("batches", query: [("state", $0.rawValue)]), isChosen: state == $0)
            }
        let nothing =
            page.next != nil
            ? "No batch on this page is \(state?.rawValue ?? "kept"). Older batches are on the next page."
            : "There is no \(state.map { "\($0.rawValue) " } ?? "")batch. A finished batch is kept for a day."
        let content: HTML = """
            <h1>Batches</h1>
            \(Parts.choices("State", choices))
            \(Parts.live("batches", page.batches.isEmpty ? Parts.empty(nothing) : list(page.batches, at: now, request.links)))
            \(Parts.next(page.next.map { request.links.to("batches", query: query + [("cursor", $0)]) }))
            """
        return Page(
            title: "Batches", section: .batches,
            command: "sluice batches list" + (state.map { " --state \($0.rawValue)" } ?? ""),
            topics: cursor == nil ? ["*"] : [], content: content)
    }

    private static func list(_ batches: [BatchStatus], at now: Date, _ links: Links) -> HTML {
        var table = Table(
            "Batches",
            [
                .init("Batch"), .init("Name"), .init("State", .short), .init("Progress", .short, isWide: true),
                .init("Members", .number), .init("Waiting", .number), .init("Failed", .number), .init("Opened", .short),
                .init("Finished", .short, isWide: true),
            ])
        table.rows = batches.map { batch in
            [
                Parts.link(links.to("batches", batch.id.text), "<span class=\"mono\">\(batch.id.text)</span>" as HTML),
                Parts.clipped(batch.name, to: 60), word(batch),
                Parts.progress(done: batch.completed, failed: batch.failed, of: batch.total), Parts.number(batch.total),
                Parts.number(batch.pending), Parts.number(batch.failed), Parts.time(batch.created, at: now),
                Parts.time(batch.finished, at: now),
            ]
        }
        return table.html
    }

    private static func word(_ batch: BatchStatus) -> HTML {
        switch batch.state {
        case .open: Parts.word(.quiet, "open")
        case .sealed: Parts.word(.runs, "sealed")
        case .finished: Parts.word(batch.failed > 0 ? .wrong : .good, batch.failed > 0 ? "finished with failures" : "finished")
        }
    }

    private static func show(_ request: WebRequest) async throws -> Page {
        let id: BatchID
        do throws(SluiceError) {
            id = try BatchID(request.part("id"))
        } catch {
            throw WebError.notFound("This batch", "A batch cannot have this id.")
        }
        guard let batch = try await request.inspector.batch(id, members: mostMembers) else {
            throw WebError.notFound("The batch \(id)", "There never was one, or it finished more than a day ago.")
        }
        let now = try await request.inspector.now()
        let status = batch.status
        let members = try await members(batch, request)
        let content: HTML = """
            <p class="crumbs">\(Parts.link(request.links.to("batches"), "Batches")) / batch</p>
            <h1>\(status.name.isEmpty ? id.text : status.name)</h1>
            <p class="sub mono">\(id.text)</p>
            \(Parts.live("state", head(batch, at: now, request.links)))
            <h2>Callbacks</h2>
            \(Parts.live("callbacks", callbacks(batch, request.links)))
            \(Parts.live("members", members))
            """
        return Page(
            title: "Batch \(status.name.isEmpty ? id.text : status.name)", section: .batches,
            command: "sluice batches show \(id)", topics: ["*"], content: content)
    }

    private static func head(_ batch: BatchDetails, at now: Date, _ links: Links) -> HTML {
        let status = batch.status
        let open: HTML? =
            status.state == .open
            ? "<ul class=\"notes\"><li>Clients can still add members. The batch cannot complete before it is sealed.</li></ul>"
            : nil
        return """
            <p>\(word(status)) <span class="soft">·</span> \(Parts.progress(done: status.completed, failed: status.failed, of: status.total))</p>
            \(open)
            \(Figures([
                .init(status.total, status.total == 1 ? "member" : "members"), .init(status.pending, "waiting"),
                .init(status.completed, "completed"), .init(status.cancelled, "cancelled"),
                .init(status.discarded, "discarded"), .init(status.deleted, "deleted"),
            ]).html)
            \(Parts.facts([
                ("Opened", Parts.time(status.created, at: now)), ("Sealed", status.sealed.map { Parts.time($0, at: now) }),
                ("Finished", status.finished.map { Parts.time($0, at: now) }),
                ("Member of", batch.parent.map { Parts.link(links.to("batches", $0.text), "batch \($0)") }),
            ]))
            """
    }

    private static func callbacks(_ batch: BatchDetails, _ links: Links) -> HTML {
        if batch.callbacks.isEmpty { return Parts.empty("This batch has no callbacks.") }
        var table = Table(
            "Callbacks", [.init("Event"), .init("State", .short), .init("Kind"), .init("Queue", .short), .init("Job")])
        table.rows = batch.callbacks.map { callback in
            let queue = try? QueueName(callback.queue)
            let state =
                switch callback.state {
                case .waiting: Parts.word(.quiet, batch.status.state == .finished ? "not fired" : "waiting")
                case .fired: Parts.word(.runs, "fired")
                case .enqueued: Parts.word(.good, "enqueued")
                }
            let id: HTML = "<span class=\"mono\">\(callback.job.text)</span>"
            let job = queue.flatMap { callback.state == .enqueued ? Parts.link(links.job(callback.job, in: $0), id) : nil }
            return [
                "\(meaning(callback.event))", state, "\(callback.kind ?? "–")",
                queue.map { Parts.link(links.queue($0), $0.text) } ?? "\(callback.queue)", job ?? id,
            ]
        }
        return table.html
    }

    private static func meaning(_ event: BatchEvent) -> String {
        switch event {
        case .failed: "failed: a member did not complete"
        case .attempted: "attempted: each member has run once"
        case .completed: "completed: all members have completed"
        case .exhausted: "exhausted: all members have ended"
        }
    }

    // MARK: Members

    private static func members(_ batch: BatchDetails, _ request: WebRequest) async throws -> HTML {
        if batch.waiting.isEmpty { return "" }
        let waiting = batch.waiting.prefix(mostMembers)
        let found = try await find(Array(waiting), of: batch.status.id, request)
        var table = Table(
            "Members that have not ended",
            [.init("Member"), .init("State", .short), .init("Kind"), .init("Queue", .short, isWide: true)])
        table.rows = waiting.map { id in row(id, found[id], request.links) }
        let rest = batch.status.pending - table.rows.count
        return """
            <h2>Members that have not ended</h2>
            \(table.html)
            \(rest > 0 ? "<p class=\"soft\">and \(HumanText.number(rest)) more</p>" as HTML : nil)
            """
    }

    /// Looks in the queues that hold jobs, those with the most first.
    private static func find(
        _ ids: [JobID], of batch: BatchID, _ request: WebRequest
    ) async throws -> [JobID: BatchMember] {
        let live = JobState.allCases.filter { !$0.isEnded }
        let queues = try await request.site.watcher.snapshot().queues.map { queue in
            (name: queue.status.queue, jobs: live.reduce(0) { $0 + queue.status.states[$1, default: 0] })
        }
        let likely = queues.filter { $0.jobs > 0 }.sorted { ($1.jobs, $0.name) < ($0.jobs, $1.name) }.map(\.name)
        // An older library, pinned on the server, cannot tell. The members are named all the same.
        return (try? await request.inspector.members(ids, of: batch, in: likely, calls: mostCalls)) ?? [:]
    }

    private static func row(_ id: JobID, _ member: BatchMember?, _ links: Links) -> [HTML] {
        let name: HTML = "<span class=\"mono\">\(id.text)</span>"
        if let member {
            return [
                Parts.link(links.job(id, in: member.queue), name), member.state.map { Parts.state($0) } ?? "–",
                "\(member.kind)", Parts.link(links.queue(member.queue), member.queue.text),
            ]
        }
        // A batch that is a member is called `batch:ID`.
        let inner = id.text.hasPrefix("batch:") ? String(id.text.dropFirst("batch:".count)) : nil
        return [inner.map { Parts.link(links.to("batches", $0), name) } ?? name, "–", inner == nil ? "" : "a batch", ""]
    }
}
