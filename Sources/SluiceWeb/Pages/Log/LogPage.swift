import SluiceCore
import SluiceInspector

/// Who did what: the actions of operators, newest first.
enum LogPage {
    static let routes: [Route] = [.page("log") { try await page($0) }]

    private static let rows = 50

    private static func page(_ request: WebRequest) async throws -> Page {
        let query = try JobQuery(request.query)
        let actor = request.query["actor"]
        let page = try await request.inspector.actions(
            newest: rows, before: request.query["cursor"], queue: query.queue, actor: actor)
        let fields = query.fields + (actor.map { [("actor", $0)] } ?? [])
        let next: HTML? = page.next.map {
            "<p class=\"more\">\(Parts.link(request.links.to("log", query: fields + [("cursor", $0)]), "Next page"))</p>"
        }
        let content: HTML = """
            <h1>Log of actions</h1>
            <p class="sub">Every change that was made on these pages, with the tool or by a program. About 10,000 are kept.</p>
            <form class="fields" method="get" action="\(request.links.to("log"))" role="search">
            <div><label for="queue">Queue</label><input id="queue" name="queue" value="\(query.queue?.text ?? "")" size="16" placeholder="all"></div>
            <div><label for="actor">Who</label><input id="actor" name="actor" value="\(actor ?? "")" size="24" placeholder="all"></div>
            <button>Show</button>
            </form>
            \(Parts.live("log", table(page, request)))
            \(next)
            <p class="more"><a href="\(request.links.to(LogExport.path, query: fields))" download>Export as JSON lines</a></p>
            """
        let options = (query.queue.map { " --queue \($0)" } ?? "") + (actor.map { " --actor \(JobQuery.quoted($0))" } ?? "")
        return Page(title: "Log", section: .log, command: "sluice log" + options, content: content)
    }

    private static func table(_ page: ActionPage, _ request: WebRequest) -> HTML {
        if page.actions.isEmpty { return Parts.empty("No action matches.") }
        var table = Table(
            "Actions",
            [
                .init("When", .short), .init("Who"), .init("What", .short), .init("On", .long), .init("Why", .text, isWide: true),
                .init("Outcome"),
            ])
        table.rows = page.actions.map { action in
            [
                Parts.time(action.time, at: page.time),
                "\(action.author.name)<br><span class=\"soft\">\(action.author.channel.rawValue), \(action.author.place)</span>",
                "\(action.verb.rawValue)", on(action, request.links), "\(action.reason)", outcome(action),
            ]
        }
        return table.html
    }

    private static func on(_ action: Action, _ links: Links) -> HTML {
        let queue = action.queue.map { Parts.link(links.queue($0), $0.text) }
        let target: HTML? = action.target.isEmpty ? nil : "<code>\(Parts.clipped(action.target, to: 200))</code>"
        return [queue, target].compactMap { $0 }.joined(" ")
    }

    private static func outcome(_ action: Action) -> HTML {
        guard let outcome = action.outcome else { return Parts.word(.look, "no outcome recorded") }
        if let error = outcome.error {
            return "\(Parts.word(.wrong, "failed")) <span class=\"soft\">\(Parts.clipped(error))</span>"
        }
        let (changed, skipped) = (outcome.tally.changed, outcome.tally.skipped)
        let words =
            "\(HumanText.number(changed)) changed" + (skipped > 0 ? ", \(HumanText.number(skipped)) not changed" : "")
        return Parts.word(changed > 0 ? .good : .quiet, words)
    }
}
