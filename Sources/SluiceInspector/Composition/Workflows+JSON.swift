package import SluiceCore

extension WorkflowStatus {
    /// One workflow in the output of `sluice workflows list --json`.
    package var json: JSONValue {
        let counts = NodeState.allCases.map { state -> JSONValue.Member in
            .init(name: state.rawValue, value: .integer(nodes[state, default: 0]))
        }
        return [
            "workflow": .string(id.text), "name": .string(name), "state": .string(state.rawValue), "stopped": JSONValue(stopped),
            "created": JSONValue(time: created), "ended": JSONValue(time: ended), "deadline": JSONValue(time: deadline),
            "nodes": .object(counts),
        ]
    }
}

extension WorkflowDetails {
    /// The output of `sluice workflows show --json`.
    package var json: JSONValue { status.json.adding("graph", graph.json) }
}

extension WorkflowGraph {
    fileprivate var json: JSONValue {
        ["nodes": .array(nodes.map(\.json)), "edges": .array(edges.map(\.json)), "cut": .bool(isCut)]
    }
}

extension WorkflowGraph.Node {
    fileprivate var json: JSONValue {
        [
            "node": .string(name), "state": .string(state.rawValue), "queue": JSONValue(queue), "kind": JSONValue(kind),
            "job": JSONValue(job?.text),
        ]
    }
}

extension WorkflowGraph.Edge {
    fileprivate var json: JSONValue {
        ["from": .string(from), "to": .string(to), "on_failed": .string(policy.rawValue)]
    }
}
