import SluiceCore
import SluiceInspector

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The workflows that are kept, newest first, a page at a time.
enum WorkflowsPage {
    static let routes: [Route] = [.page("workflows") { try await page($0) }]

    private static let rows = 50

    private static func page(_ request: WebRequest) async throws -> Page {
        let state = try request.choice("state", of: WorkflowStatus.State.self)
        let cursor = request.query["cursor"]
        let page = try await request.inspector.workflowPage(state: state, limit: rows, after: cursor)
        let now = try await request.inspector.now()
        let query = state.map { [("state", $0.rawValue)] } ?? []
        let choices =
            [Parts.Choice("all", request.links.to("workflows"), isChosen: state == nil)]
            + WorkflowStatus.State.allCases.map {
                Parts.Choice(
                    $0.rawValue, request.links.to("workflows", query: [("state", $0.rawValue)]), isChosen: state == $0)
            }
        let next = page.next.map { request.links.to("workflows", query: query + [("cursor", $0)]) }
        let table = list(page.workflows, at: now, request.links)
        let nothing =
            page.next != nil
            ? "No workflow on this page is \(state?.rawValue ?? "kept"). Older workflows are on the next page."
            : "There is no \(state.map { "\($0.rawValue) " } ?? "")workflow. After its end, a workflow is kept for a day; for a week if a node failed."
        let content: HTML = """
            <h1>Workflows</h1>
            \(Parts.choices("State", choices))
            \(Parts.live("workflows", page.workflows.isEmpty ? Parts.empty(nothing) : table))
            \(Parts.next(next))
            """
        return Page(
            title: "Workflows", section: .workflows,
            command: "sluice workflows list" + (state.map { " --state \($0.rawValue)" } ?? ""),
            topics: cursor == nil ? ["*"] : [], content: content)
    }

    private static func list(_ workflows: [WorkflowStatus], at now: Date, _ links: Links) -> HTML {
        var table = Table(
            "Workflows",
            [
                .init("Workflow"), .init("Name"), .init("State", .short), .init("Progress", .short, isWide: true),
                .init("Nodes", .number), .init("Active", .number), .init("Failed", .number), .init("Started", .short),
                .init("End or deadline", .short, isWide: true),
            ])
        table.rows = workflows.map { workflow in
            [
                Parts.link(links.to("workflows", workflow.id.text), "<span class=\"mono\">\(workflow.id.text)</span>" as HTML),
                Parts.clipped(workflow.name, to: 60), Parts.state(workflow),
                Parts.progress(done: workflow.nodes[.completed, default: 0], failed: workflow.failed, of: workflow.total),
                Parts.number(workflow.total), Parts.number(workflow.nodes[.active, default: 0]), Parts.number(workflow.failed),
                Parts.time(workflow.created, at: now), Parts.time(workflow.ended ?? workflow.deadline, at: now),
            ]
        }
        return table.html
    }
}

extension WorkflowStatus {
    /// Nodes that ended without completing.
    var failed: Int { [.cancelled, .discarded, .deleted].reduce(0) { $0 + nodes[$1, default: 0] } }
}

extension Parts {
    /// The state of a workflow.
    static func state(_ workflow: WorkflowStatus) -> HTML {
        if workflow.stopped != nil, workflow.ended == nil { return word(.look, "being cancelled") }
        return switch workflow.state {
        case .building: word(.quiet, "building")
        case .running: word(.runs, "running")
        case .completed: word(.good, "completed")
        case .cancelled: word(.quiet, "cancelled")
        case .discarded: word(.wrong, "discarded")
        }
    }

    /// The state of a node.
    static func state(_ node: WorkflowStatus.NodeState) -> HTML {
        switch node {
        case .building, .suspended, .cancelled: word(.quiet, node.rawValue)
        case .held: word(.look, "held")
        case .active: word(.runs, "active")
        case .completed: word(.good, "completed")
        case .discarded, .deleted: word(.wrong, node.rawValue)
        }
    }
}
