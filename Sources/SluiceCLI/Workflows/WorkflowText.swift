import Foundation
import SluiceCore
import SluiceInspector
import SluiceToolSupport

/// Formats workflows.
enum WorkflowText {
    static func table(_ workflows: [WorkflowStatus]) -> Table {
        var table = Table([
            .text("WORKFLOW"), .elastic("NAME"), .text("STATE"), .number("NODES"), .number("ACTIVE"), .number("FAILED"),
            .number("AGE"),
        ])
        for workflow in workflows {
            let failed = [.cancelled, .discarded, .deleted].reduce(0) { $0 + workflow.nodes[$1, default: 0] }
            let age = workflow.created.map { max($0.age(at: Date()), .zero) }
            table.append([
                workflow.id.text, workflow.name, workflow.state.rawValue, HumanText.number(workflow.total),
                HumanText.number(workflow.nodes[.active, default: 0]), HumanText.number(failed),
                age.map(HumanText.duration) ?? "-",
            ])
        }
        return table
    }

    /// The state of the workflow and the number of nodes in each state.
    static func line(_ status: WorkflowStatus) -> String {
        let nodes = WorkflowStatus.NodeState.allCases.compactMap { state in
            status.nodes[state].map { "\(HumanText.number($0)) \(state.rawValue)" }
        }
        let why = status.stopped == "deadline" ? " (its deadline has come)" : ""
        let state = status.stopped != nil && status.ended == nil ? "being cancelled" : status.state.rawValue
        return state + why + (nodes.isEmpty ? "" : ": " + nodes.joined(separator: ", "))
    }

    /// All data of one workflow, and a line per node.
    static func card(_ details: WorkflowDetails, style: Style) -> [String] {
        let (status, graph) = (details.status, details.graph)
        var lines = [style.paint("\(status.id)  \(HumanText.visible(status.name))", .bold), line(status)]
        if let deadline = status.deadline, !status.state.isEnded {
            lines.append("deadline \(deadline.rfc3339)")
        }
        var table = Table([.text("NODE"), .text("STATE"), .text("QUEUE"), .text("JOB"), .elastic("AFTER")])
        let parents = Dictionary(grouping: graph.edges, by: \.to)
        for node in graph.nodes {
            let after = (parents[node.name] ?? []).map { $0.policy == .cancel ? $0.from : "\($0.from) (\($0.policy.rawValue))" }
            table.append([
                node.name, node.state.rawValue, node.queue ?? "-", node.job?.text ?? "-", after.joined(separator: ", "),
            ])
        }
        return lines + table.lines(width: Terminal.output.width, style: style)
    }
}
