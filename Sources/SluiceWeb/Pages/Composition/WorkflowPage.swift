import Sluice
import SluiceCore
import SluiceInspector

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// One workflow: how it stands, its graph, its nodes.
enum WorkflowPage {
    static let routes: [Route] = [
        .page("workflows/{id}") { try await page($0) }, .action("workflows/{id}/cancel") { try await act($0, .cancel) },
        .action("workflows/{id}/retry") { try await act($0, .retry) },
    ]

    /// Above this number of nodes, the part around what is active or failed is drawn.
    static let mostDrawn = 300
    /// Nodes of a page of the table.
    private static let rows = 100

    private static func id(_ request: WebRequest) throws -> WorkflowID {
        do throws(SluiceError) {
            return try WorkflowID(request.part("id"))
        } catch {
            throw WebError.notFound("This workflow", "A workflow cannot have this id.")
        }
    }

    private static func page(_ request: WebRequest) async throws -> Page {
        let id = try id(request)
        guard let details = try await request.inspector.workflowPart(id, nodes: mostDrawn) else {
            throw WebError.notFound(
                "The workflow \(id)",
                "There never was one, or it ended long ago. A workflow is kept for a day; for a week if a node failed.")
        }
        let now = try await request.inspector.now()
        let status = details.status
        let table = try await table(details, request)
        let content: HTML = """
            <p class="crumbs">\(Parts.link(request.links.to("workflows"), "Workflows")) / workflow</p>
            <h1>\(status.name.isEmpty ? status.id.text : status.name)</h1>
            <p class="sub mono">\(status.id.text)</p>
            \(Parts.live("state", head(status, at: now, request)))
            <h2>Graph</h2>
            \(Parts.live("graph", graph(details, request.links)))
            <h2 id="nodes">Nodes</h2>
            \(Parts.live("table", table))
            """
        let queues = Set(details.graph.nodes.compactMap(\.queue)).sorted()
        return Page(
            title: "Workflow \(status.name.isEmpty ? status.id.text : status.name)", section: .workflows,
            command: "sluice workflows show \(id)", topics: queues.isEmpty || queues.count > 20 ? ["*"] : queues,
            content: content)
    }

    // MARK: Head

    private static func head(_ status: WorkflowStatus, at now: Date, _ request: WebRequest) -> HTML {
        let failed = status.failed
        let why: HTML? = status.stopped.map {
            $0 == "deadline"
                ? "<li class=\"look\">Its deadline passed. Nodes that had not ended were cancelled.</li>"
                : "<li class=\"look\">It was cancelled.</li>"
        }
        let held = status.nodes[.held, default: 0]
        let waits: HTML? =
            held > 0
            ? "<li class=\"look\">\(HumanText.count(held, "node")) \(held == 1 ? "is" : "are") held behind a node that failed. Retry the workflow, or cancel it.</li>"
            : nil
        let notes = [why, waits].compactMap { $0 }
        let span = status.created.map { max($0.age(at: status.ended ?? now), .zero) }
        return """
            <p>\(Parts.state(status)) <span class="soft">·</span> \(Parts.progress(done: status.nodes[.completed, default: 0], failed: failed, of: status.total))</p>
            \(notes.isEmpty ? nil : "<ul class=\"notes\">\(notes)</ul>" as HTML)
            \(counts(status, request.links))
            \(Parts.facts([
                ("Started", Parts.time(status.created, at: now)),
                (status.ended == nil ? "Runs for" : "Took", span.map(Parts.duration)),
                ("Ended", status.ended.map { Parts.time($0, at: now) }),
                ("Deadline", status.deadline.map { Parts.time($0, at: now) }),
            ]))
            \(request.mayUseClient ? actions(status, request.links) : nil)
            """
    }

    private static func counts(_ status: WorkflowStatus, _ links: Links) -> HTML {
        let states = WorkflowStatus.NodeState.allCases.filter { status.nodes[$0, default: 0] > 0 }
        return Figures(
            [.init(status.total, status.total == 1 ? "node" : "nodes", links.to("workflows", status.id.text))]
                + states.map {
                    .init(
                        status.nodes[$0, default: 0], $0.rawValue,
                        links.to("workflows", status.id.text, query: [("state", $0.rawValue)]))
                }
        ).html
    }

    // MARK: Graph

    private static func graph(_ details: WorkflowDetails, _ links: Links) -> HTML {
        let graph = details.graph
        if graph.nodes.isEmpty {
            let all = details.status.total
            return Parts.empty(
                all == 0
                    ? "It has no node yet."
                    : "It has \(HumanText.count(all, "node")), too many to draw. None of them is active, held or failed.")
        }
        let places = Dictionary(graph.nodes.enumerated().map { ($1.name, $0) }) { first, _ in first }
        let edges = graph.edges.compactMap { edge -> GraphDrawing.Edge? in
            guard let from = places[edge.from], let to = places[edge.to] else { return nil }
            return GraphDrawing.Edge(from: from, to: to, note: note(edge.policy))
        }
        let drawing = GraphDrawing(
            title: "Graph of workflow \(details.status.id)", nodes: graph.nodes.map { drawn($0, links) }, edges: edges)
        let cut: HTML? =
            graph.isCut
            ? """
            <p class="soft">Of \(HumanText.count(details.status.total, "node")), this is the part around those that are active, held or failed.</p>
            """ : nil
        let dashed: HTML? =
            edges.contains { $0.note != nil }
            ? "<p class=\"soft\">Dashed: the failure of the earlier node does not cancel the later one.</p>" : nil
        return "\(cut)\(drawing.html)\(dashed)"
    }

    private static func drawn(_ node: WorkflowGraph.Node, _ links: Links) -> GraphDrawing.Node {
        GraphDrawing.Node(
            name: node.name, word: node.state.rawValue, tone: tone(node.state), address: address(node, links),
            detail: [node.kind, node.queue.map { "queue \($0)" }].compactMap { $0 }.joined(separator: ", "))
    }

    private static func tone(_ state: WorkflowStatus.NodeState) -> String {
        switch state {
        case .building, .suspended: ""
        case .held: "held"
        case .active: "run"
        case .completed: "done"
        case .cancelled: "off"
        case .discarded, .deleted: "fail"
        }
    }

    /// What the failure of the earlier node means for the later one, if it is not cancelled.
    private static func note(_ policy: FailurePolicy) -> String? { policy == .cancel ? nil : policy.rawValue }

    private static func address(_ node: WorkflowGraph.Node, _ links: Links) -> String? {
        guard let job = node.job, let name = node.queue, let queue = try? QueueName(name) else { return nil }
        return links.job(job, in: queue)
    }

    // MARK: Nodes

    private static func table(_ details: WorkflowDetails, _ request: WebRequest) async throws -> HTML {
        let status = details.status
        let isLarge = status.total > mostDrawn
        // A large workflow is shown by states, the most urgent first.
        let urgent: [WorkflowStatus.NodeState] = [
            .discarded, .deleted, .held, .active, .cancelled, .suspended, .building, .completed,
        ]
        let state =
            try request.choice("state", of: WorkflowStatus.NodeState.self)
            ?? (isLarge ? urgent.first { status.nodes[$0, default: 0] > 0 } : nil)
        let from = try request.number("from")
        let nodes =
            isLarge
            ? try await request.inspector.workflowNodes(status.id, state: state, skipping: from, limit: rows + 1)
            : details.graph.nodes.filter { state == nil || $0.state == state }
        let choices =
            (isLarge ? [] : [Parts.Choice("all", request.links.to("workflows", status.id.text), isChosen: state == nil)])
            + WorkflowStatus.NodeState.allCases.filter { status.nodes[$0, default: 0] > 0 }.map {
                Parts.Choice(
                    $0.rawValue, request.links.to("workflows", status.id.text, query: [("state", $0.rawValue)]),
                    count: status.nodes[$0], isChosen: state == $0)
            }
        let next = isLarge && nodes.count > rows ? "\(from + rows)" : nil
        let address = next.map {
            request.links.to(
                "workflows", status.id.text, query: (state.map { [("state", $0.rawValue)] } ?? []) + [("from", $0)])
        }
        let shown = isLarge ? Array(nodes.prefix(rows)) : nodes
        return """
            \(Parts.choices("State of the nodes", choices))
            \(shown.isEmpty ? Parts.empty("No node matches.") : rows(shown, details.graph.edges, request.links))
            \(Parts.next(address))
            """
    }

    private static func rows(_ nodes: [WorkflowGraph.Node], _ edges: [WorkflowGraph.Edge], _ links: Links) -> HTML {
        let before = Dictionary(grouping: edges, by: \.to)
        var table = Table(
            "Nodes",
            [
                .init("Node"), .init("State", .short), .init("Kind"), .init("Queue", .short, isWide: true), .init("Job", .short),
                .init("After", .long, isWide: true),
            ])
        table.rows = nodes.map { node in
            let parents = before[node.name, default: []]
            let names = parents.prefix(8).map { edge in edge.from + (note(edge.policy).map { " (\($0))" } ?? "") }
            let rest = parents.count > names.count ? " and \(HumanText.number(parents.count - names.count)) more" : ""
            let job: HTML =
                node.job.map { job in
                    address(node, links).map { Parts.link($0, "<span class=\"mono\">\(job.text)</span>" as HTML) }
                        ?? "\(job.text)"
                } ?? ""
            return [
                "\(node.name)", Parts.state(node.state), "\(node.kind ?? (node.queue == nil ? "no job" : ""))",
                "\(node.queue ?? "")", job, "\(names.joined(separator: ", ") + rest)",
            ]
        }
        return table.html
    }

    // MARK: Actions

    private enum Verb: String { case cancel, retry }

    private static func actions(_ status: WorkflowStatus, _ links: Links) -> HTML {
        func form(_ verb: Verb, _ title: String, _ meaning: String, style: HTML) -> HTML {
            let inputs: HTML = """
                <label for="node-\(verb.rawValue)">Only this node, and those whose names begin with its name and a dot</label>
                <input id="node-\(verb.rawValue)" name="node" maxlength="64" size="24" placeholder="all">

                """
            return Parts.asks(
                title, to: links.to("workflows", status.id.text, verb.rawValue), meaning: meaning,
                confirm: "\(title) the workflow", inputs: inputs, id: verb.rawValue, style: style)
        }
        let cancel = form(
            .cancel, "Cancel", "Nodes that have not started are cancelled at once. Running jobs are asked to stop.",
            style: "danger")
        let retry = form(
            .retry, "Retry",
            "Nodes that were discarded, cancelled or deleted run again. Completed nodes do not.",
            style: "first")
        let canRetry = status.failed > 0
        return "<div class=\"actions\">\(canRetry ? retry : nil)\(status.state.isEnded ? nil : cancel)</div>"
    }

    /// The one place where this page changes something.
    private static func act(_ request: WebRequest, _ verb: Verb) async throws -> String {
        let (id, client) = (try id(request), try request.client())
        let node = request.form["node"].map { Workflow.Node($0) }
        do {
            let target = id.text + (node.map { " \($0.name)" } ?? "")
            try await request.change { inspector throws(SluiceError) in
                try await inspector.record(verb == .cancel ? .workflowsCancel : .workflowsRetry, on: target) {
                    tally throws(SluiceError) in
                    let workflow = client.workflow(id)
                    switch verb {
                    case .cancel: try await workflow.cancel(node)
                    case .retry: try await workflow.retry(node)
                    }
                    tally.count(true)
                }
            }
        } catch let error as SluiceError where error.code == .unknownWorkflow {
            throw WebError.notFound("The workflow \(id)", "It ended long ago. Nothing was changed.")
        }
        return request.links.to("workflows", id.text)
    }
}
