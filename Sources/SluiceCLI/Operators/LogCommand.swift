import ArgumentParser
import SluiceCore
import SluiceInspector
import SluiceToolSupport

struct LogCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "Show who changed what: the actions of operators, the newest first.",
        discussion: """
            It has what was done with this tool, in the dashboard, through the HTTP API and by programs, about 10,000 actions. \
            --actor shows those of one author. An action without an outcome runs, or its author died. RESULT counts what was \
            changed, and what was left as it was.
            """)

    @OptionGroup var global: GlobalOptions

    @OptionGroup var scope: ScopeOption

    @Option(help: "The number of actions to show at most. Default: 50; 10 with --follow.")
    var limit: Int?

    @Flag(help: "Show the last actions, then those to come, each at its start and at its end, until Ctrl-C.")
    var follow = false

    func validate() throws {
        if let limit, !(1...20_000).contains(limit) { throw ValidationError("--limit is 1 to 20000") }
    }

    func run() async throws {
        try await global.withInspector { inspector in
            if follow { return try await showAndFollow(inspector) }
            let actions = try await newest(limit ?? 50, inspector)
            try global.show(actions, orSay: nothing, json: \.json) { actions in
                var table = ActionText.table()
                for action in actions { table.append(ActionText.row(action)) }
                return table
            }
        }
    }

    private var nothing: String {
        scope.queue == nil && global.actor == nil ? "nothing was changed so far" : "the log has no such action"
    }

    /// Reads pages until there are enough actions.
    private func newest(_ count: Int, _ inspector: Inspector) async throws -> [Action] {
        var actions: [Action] = []
        var cursor: String?
        repeat {
            let page = try await inspector.actions(
                newest: count - actions.count, before: cursor, queue: scope.queue, actor: global.actor)
            actions += page.actions
            cursor = page.next
        } while actions.count < count && cursor != nil
        return actions
    }

    /// Prints the last actions, the oldest first, and what comes after them.
    private func showAndFollow(_ inspector: Inspector) async throws {
        // Taken first, so that nothing is missed between the list and the first look.
        var position = try await inspector.actionNews(after: nil).position
        let last = try await newest(limit ?? 10, inspector)
        var table = ActionText.table()
        for action in last.reversed() { try show(action, in: &table) }
        var answered = ContinuousClock.now
        while true {
            if let news = try await news(inspector, after: position, since: answered) {
                (position, answered) = (news.position, .now)
                for action in news.actions where isWanted(action) && !last.contains(action) {
                    try show(action, in: &table, isNew: true)
                }
            }
            if Terminal.output.isClosed { throw OutputClosed() }
            try await Task.sleep(for: .milliseconds(500))
        }
    }

    /// Looks for news; nil if Redis is away, which may last a minute.
    private func news(
        _ inspector: Inspector, after position: String, since answered: ContinuousClock.Instant
    ) async throws(SluiceError) -> (actions: [Action], position: String)? {
        do {
            return try await inspector.actionNews(after: position)
        } catch {
            guard error.isTransient, ContinuousClock.now - answered < .seconds(60) else { throw error }
            return nil
        }
    }

    private func show(_ action: Action, in table: inout Table, isNew: Bool = false) throws {
        let terminal = Terminal.output
        if global.json { return try terminal.json(action.json) }
        table.append(ActionText.row(action, isUnderWay: isNew))
        try terminal.lines(table.takeLines(width: terminal.width, style: terminal.style))
    }

    private func isWanted(_ action: Action) -> Bool {
        (scope.queue == nil || action.queue == scope.queue) && (global.actor == nil || action.author.name == global.actor)
    }
}
