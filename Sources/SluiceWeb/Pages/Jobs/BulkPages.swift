import HTTPTypes
import SluiceCore
import SluiceInspector

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Changes of all jobs that match a filter: choose, count, agree, watch, stop.
enum BulkPages {
    static let routes: [Route] = [
        .page("bulk", role: .operator) { try await choose($0) }, .action("bulk") { try await count($0) },
        Route(method: .get, path: "bulk/{id}", role: .operator) { request in
            PageLayout.response(try await show(request), to: request)
        },
        .action("bulk/{id}/start") { try await start($0) }, .action("bulk/{id}/stop") { try await stop($0) },
    ]

    /// Above this number, the number itself has to be typed.
    private static let large = 1000

    private static func choose(_ request: WebRequest) async throws -> Page {
        let (change, query) = (try JobChange(form: request.query), try JobQuery(request.query))
        let states = (query.states.isEmpty ? change.usualStates : query.states)
        let boxes = JobState.listed.filter(change.possibleStates.contains).map { state -> HTML in
            """
            <label class="check"><input type="checkbox" name="state" value="\(state.rawValue)"\(states.contains(state) ? " checked" as HTML : "")>\(Parts.state(state))</label>

            """
        }
        let partitions = query.partitions.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        func field(_ name: String, _ title: String, _ value: String?, _ example: String) -> HTML {
            """
            <div><label for="\(name)">\(title)</label><input id="\(name)" name="\(name)" value="\(value ?? "")" placeholder="\(example)"></div>

            """
        }
        let entries = await request.site.bulk.all.prefix(10).map { id, entry -> HTML in
            "<li>\(Parts.link(request.links.to("bulk", id), "\(entry.change.title)\(entry.query.options)")) by \(entry.owner): \(word(entry.phase))</li>\n"
        }
        let recent: HTML? = entries.isEmpty ? nil : "<h2>Recent</h2><ul>\(entries)</ul>"
        let content: HTML = """
            <h1>\(change.title) all jobs that match</h1>
            <p>\(change.meaning) First the jobs are counted. Nothing is changed before you agree.</p>
            <form method="post" action="\(request.links.to("bulk"))">
            \(Parts.hidden([("change", change.name)]))
            <div class="fields">
            \(field("queue", "Queue", query.queue?.text, "all queues"))\(field("kind", "Kind", query.kind, "all kinds"))\(field("partition", "Partition", partitions.first, "account=42"))\(field("error", "Error contains", query.error, "any error"))\(field("older-than", "Older than", query.olderThan, "2h"))</div>
            <fieldset class="actions"><legend class="soft">States</legend>
            \(boxes)</fieldset>
            <div class="actions"><button class="first">Count them</button></div>
            </form>
            \(recent)
            """
        return Page(
            title: "\(change.title) jobs", section: .jobs, command: "sluice jobs \(change.name)\(query.options) --dry-run",
            content: content)
    }

    private static func count(_ request: WebRequest) async throws -> String {
        let (change, query) = (try JobChange(form: request.form), try JobQuery(request.form))
        let wrong = query.states.filter { !change.possibleStates.contains($0) }
        if let state = wrong.first {
            throw WebError(
                .badRequest, "The states do not fit the change",
                "\(change.title) is not possible for jobs that are \(state.rawValue).")
        }
        let queues: [QueueName]
        if let queue = query.queue {
            try await request.inspector.requireUsed(queue)
            queues = [queue]
        } else {
            queues = try await request.inspector.queues(
                among: try await request.inspector.queues(), holding: query.states.isEmpty ? change.usualStates : query.states)
        }
        guard
            let id = await request.site.bulk.count(change, query, in: queues, owner: request.principal.name, request.inspector)
        else {
            throw WebError(.serviceUnavailable, "Too many bulk changes at once", "Wait for one to end.", retryAfter: 5)
        }
        return request.links.to("bulk", id)
    }

    private static func entry(_ request: WebRequest) async throws -> BulkTasks.Entry {
        guard let entry = await request.site.bulk.entry(request.part("id")) else {
            throw WebError.notFound("This bulk change", "It ended long ago, or the server was restarted.")
        }
        return entry
    }

    private static func show(_ request: WebRequest) async throws -> Page {
        let entry = try await entry(request)
        let content: HTML = """
            <h1>\(entry.change.title) all jobs that match</h1>
            <p class="sub"><code>\(entry.query.options.isEmpty ? "all jobs" : String(entry.query.options.dropFirst()))</code>, by \(entry.owner)</p>
            \(phase(entry, request))
            <p class="more">\(Parts.link(request.links.to("jobs", query: entry.query.isForList ? entry.query.fields : []), "Jobs"))</p>
            """
        var page = Page(
            title: "\(entry.change.title) jobs", section: .jobs,
            command: "sluice jobs \(entry.change.name)\(entry.query.options)", content: content)
        page.refresh = entry.phase.isUnderWay ? 1 : nil
        return page
    }

    private static func word(_ phase: BulkTasks.Phase) -> String {
        switch phase {
        case .counting: "counting"
        case .counted(let matched, _): "counted \(HumanText.count(matched, "job")), waits for a user to agree"
        case .changing(let progress): "changing, \(HumanText.count(progress.changed, "job")) so far"
        case .ended(let progress): "\(HumanText.count(progress.changed, "job")) changed"
        case .failed: "failed"
        }
    }

    private static func phase(_ entry: BulkTasks.Entry, _ request: WebRequest) -> HTML {
        let stop = Parts.button("Stop", to: request.links.to("bulk", request.part("id"), "stop"), style: "danger")
        switch entry.phase {
        case .counting(let looked, let queues):
            return
                "<p>\(Parts.word(.runs, "Counting")) queue \(min(looked + 1, max(queues, 1))) of \(max(queues, 1)). Nothing is changed yet.</p>\(stop)"
        case .counted(let matched, let groups): return agreement(entry, matched, groups, request)
        case .changing(let progress):
            return """
                <p>\(Parts.word(.runs, "Changing")) \(Sparks.meter(progress.looked, of: progress.expected, "examined jobs"))</p>
                \(result(progress))
                \(stop)
                """
        case .ended(let progress):
            return """
                <p>\(progress.isComplete ? Parts.word(.good, "Done") : Parts.word(.look, "Stopped early. The other jobs were not changed"))</p>
                \(result(progress))
                """
        case .failed(let reason): return "<p>\(Parts.word(.wrong, reason))</p>"
        }
    }

    private static func result(_ progress: BulkProgress) -> HTML {
        let skipped = progress.matched - progress.changed - progress.cancelling
        return Parts.facts([
            ("Changed", Parts.number(progress.changed)),
            ("Asked to stop", progress.cancelling > 0 ? "\(HumanText.number(progress.cancelling)) that are executing" : nil),
            ("Not changed", skipped > 0 ? "\(HumanText.number(skipped)) that match" : nil),
            ("Examined", "\(HumanText.number(progress.looked)) of \(HumanText.number(progress.expected))"),
        ])
    }

    private static func agreement(
        _ entry: BulkTasks.Entry, _ matched: Int, _ groups: [ErrorGroup], _ request: WebRequest
    ) -> HTML {
        if matched == 0 { return "<p>No job matches. Nothing was changed.</p>" }
        var table = Table("Jobs by kind and error", [.init("Jobs", .number), .init("Kind"), .init("Last error", .long)])
        table.rows = groups.prefix(20).map { [Parts.number($0.count), "\($0.kind)", Parts.clipped($0.error, to: 200)] }
        let rest: HTML? = groups.count > 20 ? "<p class=\"soft\">and \(HumanText.number(groups.count - 20)) more groups</p>" : nil
        let typed: HTML? =
            matched > large
            ? """
            <label for="number">Type the number of jobs, \(matched), to agree</label><input id="number" name="number" inputmode="numeric" autocomplete="off" required>
            """ : nil
        return """
            <p><strong>\(HumanText.count(matched, "job"))</strong> in \(HumanText.count(entry.queues.count, "queue")) match. \(entry.change.meaning)</p>
            \(table.html)\(rest)
            <form method="post" action="\(request.links.to("bulk", request.part("id"), "start"))">
            <label for="reason">Reason</label><input id="reason" name="reason" maxlength="500" size="40">
            \(typed)
            <div class="actions"><button class="\(entry.change == .delete ? "danger" : "first")">\(entry.change.title) \(HumanText.count(matched, "job"))</button>
            \(Parts.link(request.links.to("jobs"), "Change nothing"))</div>
            </form>
            """
    }

    private static func start(_ request: WebRequest) async throws -> String {
        let entry = try await entry(request)
        if case .counted(let matched, _) = entry.phase, matched > large {
            let typed = (request.form["number"] ?? "").filter { $0 != "," && $0 != " " }
            guard typed == "\(matched)" else {
                throw WebError(
                    .badRequest, "The number is wrong", "\(HumanText.count(matched, "job")) match. Nothing was changed.")
            }
        }
        let id = request.part("id")
        let site = request.site
        guard await site.bulk.start(id, request.author, whenDone: { await site.changed() }) else {
            throw WebError(.conflict, "This bulk change has already started", "It was not started again.")
        }
        return request.links.to("bulk", id)
    }

    private static func stop(_ request: WebRequest) async throws -> String {
        _ = try await entry(request)
        await request.site.bulk.stop(request.part("id"))
        return request.links.to("bulk", request.part("id"))
    }
}
