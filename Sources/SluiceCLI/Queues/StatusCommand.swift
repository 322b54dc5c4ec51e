import ArgumentParser
import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceToolSupport

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show the number of jobs in each state.",
        discussion: """
            Ended jobs count while they are kept; the totals count all jobs of the queue's life. In a cluster the node of each queue \
            is shown.
            """)

    @OptionGroup var global: GlobalOptions

    @OptionGroup var scope: ScopeArgument

    func run() async throws {
        try await global.withInspector { inspector in
            await inspector.store.warnOfEviction()
            let terminal = Terminal.output
            let queues = if let queue = scope.queue { [queue] } else { try await inspector.queues() }
            let nodes = try await nodes(of: queues, inspector.store)
            var pages = StatusPages(of: queues.count, nodes: nodes, on: terminal)
            var documents: [JSONValue] = []
            var notes: [String] = []
            try await inspector.standings(of: queues) { status, restrictions in
                if scope.queue != nil, status.isUnused {
                    Terminal.complain("note: nothing has used queue '\(status.queue)' so far")
                }
                if global.json {
                    let json = nodes[status.queue].map { status.json.adding("node", .string($0)) } ?? status.json
                    documents.append(restrictions.map { json.adding("restrictions", $0.json) } ?? json)
                    return
                }
                if let note = restrictions.flatMap({ StatusText.note($0, status) }) { notes.append(note) }
                if scope.queue == nil {
                    try pages.add(status)
                } else {
                    try terminal.lines(StatusText.card(status, node: nodes[status.queue], style: terminal.style))
                }
            }
            if global.json { return try terminal.json(.array(documents)) }
            if queues.isEmpty {
                return Terminal.complain("no queue has been used so far; put a job in with: sluice enqueue QUEUE --args JSON")
            }
            try pages.flush()
            try terminal.lines(
                notes.flatMap { HumanText.wrapped($0, to: terminal.width) }.map { terminal.style.paint($0, .yellow) })
        }
    }

    /// Which node of a cluster has which queue; empty for a single server.
    private func nodes(of queues: [QueueName], _ store: Store) async throws -> [QueueName: String] {
        var nodes: [QueueName: String] = [:]
        for queue in queues { nodes[queue] = try await store.nodeInCluster(of: queue) }
        return nodes
    }
}
