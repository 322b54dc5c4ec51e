public import SluiceCore
import SluiceStore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Jobs of which some come after others: a directed graph without cycles, whose nodes may be of different queues.
///
/// ```swift
/// var flow = Workflow("report")
/// let extract = flow.add("extract", Extract(day: day))
/// let clean = flow.add("clean", Clean(day: day), after: extract)
/// flow.add("merge", Merge(day: day), after: [extract, clean], onFailed: .ignore)
/// let handle = try await sluice.enqueue(flow)
/// ```
/// A node starts once, when every node that it comes after has ended and its outcome is committed. What makes no sense is told
/// when the whole is enqueued, before anything is stored.
public struct Workflow: Sendable {
    /// A node, for others to come after or before.
    public struct Node: Sendable, Hashable {
        /// Its name in its workflow.
        public let name: String
        /// What becomes of the later node if the earlier one fails, if other than what the later one says of all.
        public private(set) var policy: FailurePolicy?

        /// A node by name; the way to name one that is there already when adding to a workflow that runs.
        public init(_ name: String) { self.name = name }

        /// The same node with a policy for this edge alone.
        public func onFailed(_ policy: FailurePolicy) -> Node {
            var node = self
            node.policy = policy
            return node
        }
    }

    struct Item: Sendable {
        var name: String
        /// Nil for a node without a job.
        var request: JobRequest?
        var after: [WorkflowEdge]
        var before: [WorkflowEdge]
    }

    /// What it is, for people; not unique.
    public var name: String
    /// Its identity, of 1 to 64 letters, digits, dots, dashes or underscores; made by the client unless given. Enqueueing one
    /// whose id is still kept adds nothing.
    public var id: String?
    /// Whether there is at most one workflow of its name that has not ended: enqueueing a second one adds nothing and returns the
    /// first.
    public var isUnique = false
    /// How long it may take from now on, all in all. What has not ended then is cancelled.
    public var deadline: Duration?

    private(set) var items: [Item] = []
    private(set) var context = ""
    /// Why it cannot be enqueued, if something was refused already.
    private(set) var failure: SluiceError?

    /// An empty workflow.
    public init(_ name: String) { self.name = name }

    /// What all nodes share, read with `context.workflow`. Kept as JSON.
    public mutating func share(_ value: some Encodable & Sendable) {
        do {
            context = String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
        } catch {
            refuse(SluiceError(.invalidArgument, "the context of workflow '\(name)' cannot be encoded: \(error)"))
        }
    }

    /// Adds a job.
    /// - Parameters:
    ///   - name: of the node, 1 to 64 letters, digits, dots, dashes or underscores.
    ///   - after: nodes that have to end first.
    ///   - onFailed: what becomes of it if one of them ends otherwise than completed.
    ///   - before: nodes, of a workflow that is there and runs, which have not started yet and wait for this one, too.
    @discardableResult
    public mutating func add(
        _ name: String, _ job: some Job, after: some WorkflowNodes = [Node](), onFailed: FailurePolicy = .cancel,
        before: some WorkflowNodes = [Node]()
    ) -> Node {
        do throws(SluiceError) {
            return add(name, try JobRequest(job), after: after, onFailed: onFailed, before: before)
        } catch {
            refuse(error)
            return Node(name)
        }
    }

    /// Adds a job, named by its kind, with a number behind if the name is taken.
    @discardableResult
    public mutating func add<Kind: Job>(
        _ job: Kind, after: some WorkflowNodes = [Node](), onFailed: FailurePolicy = .cancel
    ) -> Node {
        let taken = Set(items.map(\.name))
        var name = Kind.kind
        var number = 2
        while taken.contains(name) {
            name = "\(Kind.kind)-\(number)"
            number += 1
        }
        return add(name, job, after: after, onFailed: onFailed)
    }

    /// Adds a job, as requested; its id is made from the workflow's and the node's.
    @discardableResult
    public mutating func add(
        _ name: String, _ request: JobRequest, after: some WorkflowNodes = [Node](), onFailed: FailurePolicy = .cancel,
        before: some WorkflowNodes = [Node]()
    ) -> Node {
        if let id = request.id { refuse(SluiceError(.invalidArgument, "node '\(name)' cannot have an id of its own, '\(id)'")) }
        if let parent = request.after?.parent {
            refuse(SluiceError(.invalidArgument, "node '\(name)' cannot follow the job '\(parent)': let it come after a node"))
        }
        items.append(
            Item(name: name, request: request, after: edges(after, onFailed), before: edges(before, onFailed)))
        return Node(name)
    }

    /// Adds a node without a job: a point that has come when all that it comes after has ended.
    @discardableResult
    public mutating func join(
        _ name: String, after: some WorkflowNodes, onFailed: FailurePolicy = .cancel, before: some WorkflowNodes = [Node]()
    ) -> Node {
        items.append(Item(name: name, request: nil, after: edges(after, onFailed), before: edges(before, onFailed)))
        return Node(name)
    }

    /// Adds a job for each element, none for none: nodes named `name-0`, `name-1` and so on.
    @discardableResult
    public mutating func add<Jobs: Sequence>(
        each name: String, _ jobs: Jobs, after: some WorkflowNodes = [Node](), onFailed: FailurePolicy = .cancel,
        before: some WorkflowNodes = [Node]()
    ) -> [Node] where Jobs.Element: Job {
        var nodes: [Node] = []
        for job in jobs { nodes.append(add("\(name)-\(nodes.count)", job, after: after, onFailed: onFailed, before: before)) }
        return nodes
    }

    /// Adds a workflow as one node: its own nodes are named `name.node`, and the node has come to its end when all of them have.
    /// Its name, id, deadline and shared context count for nothing here.
    @discardableResult
    public mutating func add(
        _ name: String, _ flow: Workflow, after: some WorkflowNodes = [Node](), onFailed: FailurePolicy = .cancel,
        before: some WorkflowNodes = [Node]()
    ) -> Node {
        if let failure = flow.failure { refuse(failure) }
        let outer = edges(after, onFailed)
        let parents = Set(flow.items.flatMap { $0.after.map(\.node) })
        var ends: [WorkflowEdge] = []
        for item in flow.items {
            let inner = item.after.map { WorkflowEdge("\(name).\($0.node)", $0.policy) }
            let beforeInner = item.before.map { WorkflowEdge("\(name).\($0.node)", $0.policy) }
            let renamed = "\(name).\(item.name)"
            items.append(
                Item(name: renamed, request: item.request, after: inner.isEmpty ? outer : inner, before: beforeInner))
            if !parents.contains(item.name) { ends.append(WorkflowEdge(renamed, .cancel)) }
        }
        items.append(
            Item(name: name, request: nil, after: ends.isEmpty ? outer : ends, before: edges(before, onFailed)))
        return Node(name)
    }

    /// Lets nodes that come after nothing come after one: what a handler adds comes after itself.
    mutating func root(after node: String) {
        for index in items.indices where items[index].after.isEmpty { items[index].after = [WorkflowEdge(node, .cancel)] }
    }

    private mutating func refuse(_ error: SluiceError) { failure = failure ?? error }

    /// A node named twice counts once.
    private func edges(_ nodes: some WorkflowNodes, _ policy: FailurePolicy) -> [WorkflowEdge] {
        var seen: Set<String> = []
        return nodes.workflowNodes.filter { seen.insert($0.name).inserted }.map { node in
            WorkflowEdge(node.name, node.policy ?? policy)
        }
    }
}

/// What names nodes: a node, a name, or several.
public protocol WorkflowNodes: Sendable {
    /// The nodes.
    var workflowNodes: [Workflow.Node] { get }
}

extension Workflow.Node: WorkflowNodes {
    /// Itself.
    public var workflowNodes: [Workflow.Node] { [self] }
}

extension String: WorkflowNodes {
    /// The node of this name.
    public var workflowNodes: [Workflow.Node] { [Workflow.Node(self)] }
}

extension Array: WorkflowNodes where Element: WorkflowNodes {
    /// All of them.
    public var workflowNodes: [Workflow.Node] { flatMap(\.workflowNodes) }
}
