package import Hiredis
package import SluiceCore

/// Advances a workflow: `lua/workflows/workflow_step.lua`. Repeating a call is harmless.
package struct WorkflowStep: StoreFunction {
    package static let name = "workflow_step"

    package enum Verb: Sendable, Hashable {
        case start
        /// The job of a node has ended.
        case done(node: String, job: JobID, state: OutboxMessage.EndState, output: String)
        /// The jobs of nodes are in their queues.
        case released([String])
        /// Cancel a node, by name, and its descendants; nil for all nodes.
        case cancel(String?)
        case retry(String?)
        case maintain
    }

    /// The work that an advancing call leaves to its caller.
    package struct Reply: Sendable {
        /// The server's time in ms since 1970.
        package var now: Int
        /// The state of the workflow; nil if there is no such workflow.
        package var state: String?
        /// Whether to call again when this work is done.
        package var hasMore: Bool
        /// Nodes whose jobs are to be delivered to their queues.
        package var nodes: [Node]
        /// Jobs to cancel.
        package var stops: [Stop]
        /// Time until the next maintenance without other events; nil if there is nothing to maintain.
        package var look: Duration?
    }

    /// A released node.
    package struct Node: Sendable, Hashable {
        package var name: String
        package var queue: QueueName
        package var item: Deliver.Item
    }

    /// A job that the workflow wants cancelled.
    package struct Stop: Sendable, Hashable {
        package var queue: QueueName
        package var job: JobID
    }

    package var verbs: [Verb]

    package init(_ verbs: [Verb]) { self.verbs = verbs }

    package func write(into command: inout RedisCommand) {
        for verb in verbs {
            switch verb {
            case .start: command.append("start")
            case .done(let node, let job, let state, let output):
                for word in ["done", node, job.text, state.rawValue, output] { command.append(word) }
            case .released(let nodes):
                command.append("released")
                command.append(nodes.count)
                for node in nodes { command.append(node) }
            case .cancel(let node):
                command.append("cancel")
                command.append(node ?? "-")
            case .retry(let node):
                command.append("retry")
                command.append(node ?? "-")
            case .maintain: command.append("tend")
            }
        }
    }

    package func read(_ reply: RedisValue) throws(SluiceError) -> Reply { try Reply(reply, of: Self.name) }
}

extension WorkflowStep.Reply {
    init(_ reply: RedisValue, of function: String) throws(SluiceError) {
        let parts = Array(reply.elements)
        guard parts.count == 6, let now = parts[0].integer, let state = parts[1].string, let more = parts[2].integer,
            let look = parts[5].integer
        else { throw malformed(function) }
        self.now = now
        self.state = state == "missing" ? nil : state
        hasMore = more == 1
        self.look = look < 0 ? nil : .milliseconds(look)
        nodes = []
        stops = []
        for row in parts[3].rows(of: 5) {
            let item = Deliver.Item(id: row.id(1), spec: row[4].bytes ?? [], options: row.text(3))
            nodes.append(WorkflowStep.Node(name: row.text(0), queue: try QueueName(row.text(2)), item: item))
        }
        for row in parts[4].rows(of: 2) {
            stops.append(WorkflowStep.Stop(queue: try QueueName(row.text(0)), job: row.id(1)))
        }
    }
}
