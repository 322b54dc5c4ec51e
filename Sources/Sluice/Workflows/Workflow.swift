public import SluiceCore
import SluiceStore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A directed acyclic graph of jobs, whose nodes may go to different queues.
///
/// ```swift
/// var flow = Workflow("report")
/// let extract = flow.add("extract", Extract(day: day))
/// let clean = flow.add("clean", Clean(day: day), after: extract)
/// flow.add("merge", Merge(day: day), after: [extract, clean], onFailed: .ignore)
/// let handle = try await sluice.enqueue(flow)
/// ```
/// A node starts once: when every node before it has ended and that outcome is committed. Mistakes in the graph are reported when
/// the workflow is enqueued, before anything is stored.
public struct Workflow: Sendable {
    /// A node, used to place other nodes after or before it.
    public struct Node: Sendable, Hashable, CustomStringConvertible, ExpressibleByStringInterpolation {
        /// The name of the node in its workflow.
        public let name: String
        /// The failure policy of this edge; nil for that of the later node.
        public private(set) var policy: FailurePolicy?

        /// A node by name. Use it for nodes that exist already when you add to a running workflow.
        public init(_ name: String) { self.name = name }

        /// A node by name.
        public init(stringLiteral name: String) { self.name = name }

        /// The name of the node.
        public var description: String { name }

        /// The same node with a failure policy for this edge alone.
        public func onFailed(_ policy: FailurePolicy) -> Node {
            var node = self
            node.policy = policy
            return node
        }
    }

    struct Item: Sendable {
        var name: String
        /// The job of the node; nil for a node without one.
        var request: JobRequest?
        var after: [WorkflowEdge]
        var before: [WorkflowEdge]
    }

    /// The name of the workflow, for people; not unique unless ``isUnique`` is set.
    public var name: String
    /// The id of the workflow: 1 to 64 letters, digits, dots, dashes or underscores. The client makes one unless given.
    /// Enqueueing an id that is still kept adds nothing.
    public var id: WorkflowID?
    /// Whether at most one workflow of this name may be live. Enqueueing a second one adds nothing and returns the first.
    public var isUnique = false
    /// The longest time from the enqueue to the end of the whole workflow. Nodes that have not ended by then are cancelled.
    public var deadline: Duration?

    private(set) var items: [Item] = []
    private(set) var context = ""
    /// The error of the first node that was refused, if any.
    private(set) var failure: SluiceError?

    /// Makes an empty workflow.
    public init(_ name: String) { self.name = name }

    /// Sets the shared context of all nodes, read with `context.workflow`. It is stored as JSON.
    public mutating func share(_ value: some Encodable & Sendable) {
        do {
            context = String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
        } catch {
            refuse(SluiceError(.invalidArgument, "the context of workflow '\(name)' cannot be encoded: \(error)"))
        }
    }

    /// Sets the shared context to a text that is known to be JSON.
    package mutating func share(json: [UInt8]) { context = String(decoding: json, as: UTF8.self) }

    /// Adds a job as a node.
    /// - Parameters:
    ///   - name: The name of the node: 1 to 64 letters, digits, dots, dashes or underscores.
    ///   - after: The nodes that have to end first.
    ///   - onFailed: What happens to the node if one of these does not complete.
    ///   - before: Nodes of a running workflow that have not started; they wait for this node, too.
    ///   - configure: Sets options of the job that differ from the kind's.
    @discardableResult
    public mutating func add(
        _ name: String, _ job: some Job, after: some WorkflowNodes = [Node](), onFailed: FailurePolicy = .cancel,
        before: some WorkflowNodes = [Node](), _ configure: (inout JobRequest) -> Void = { _ in }
    ) -> Node {
        do throws(SluiceError) {
            return add(name, try JobRequest(job, configure), after: after, onFailed: onFailed, before: before)
        } catch {
            refuse(error)
            return Node(name)
        }
    }

    /// Adds a job as a node. The node is named after the job's kind, with a number appended if the name is taken.
    @discardableResult
    public mutating func add<Kind: Job>(
        _ job: Kind, after: some WorkflowNodes = [Node](), onFailed: FailurePolicy = .cancel,
        _ configure: (inout JobRequest) -> Void = { _ in }
    ) -> Node {
        let taken = Set(items.map(\.name))
        var name = Kind.kind
        var number = 2
        while taken.contains(name) {
            name = "\(Kind.kind)-\(number)"
            number += 1
        }
        return add(name, job, after: after, onFailed: onFailed, configure)
    }

    /// Adds a job as requested. Its id is made from the ids of workflow and node.
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

    /// Adds a node without a job. It ends as soon as all nodes before it have ended.
    @discardableResult
    public mutating func join(
        _ name: String, after: some WorkflowNodes, onFailed: FailurePolicy = .cancel, before: some WorkflowNodes = [Node]()
    ) -> Node {
        items.append(Item(name: name, request: nil, after: edges(after, onFailed), before: edges(before, onFailed)))
        return Node(name)
    }

    /// Adds a job for each element, as nodes named `name-0`, `name-1` and so on. An empty sequence adds none. `outputs(ofEach: name)`
    /// of a handle or a context reads all their outputs.
    @discardableResult
    public mutating func add<Jobs: Sequence>(
        each name: String, _ jobs: Jobs, after: some WorkflowNodes = [Node](), onFailed: FailurePolicy = .cancel,
        before: some WorkflowNodes = [Node](), _ configure: (inout JobRequest) -> Void = { _ in }
    ) -> [Node] where Jobs.Element: Job {
        var nodes: [Node] = []
        for job in jobs {
            nodes.append(
                add("\(name)-\(nodes.count)", job, after: after, onFailed: onFailed, before: before, configure))
        }
        return nodes
    }

    /// Adds a workflow as one node. Its own nodes are named `name.node`; the node ends when all of them have. The name, id,
    /// deadline and shared context of the added workflow are ignored.
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

    /// Puts a node before all nodes that have none: additions of a handler come after the handler's own node.
    mutating func root(after node: String) {
        for index in items.indices where items[index].after.isEmpty { items[index].after = [WorkflowEdge(node, .cancel)] }
    }

    private mutating func refuse(_ error: SluiceError) { failure = failure ?? error }

    /// A node that is named twice counts once.
    private func edges(_ nodes: some WorkflowNodes, _ policy: FailurePolicy) -> [WorkflowEdge] {
        var seen: Set<String> = []
        return nodes.workflowNodes.filter { seen.insert($0.name).inserted }.map { node in
            WorkflowEdge(node.name, node.policy ?? policy)
        }
    }
}

/// A reference to nodes: a node, a name, or a list of these.
public protocol WorkflowNodes: Sendable {
    /// The nodes.
    var workflowNodes: [Workflow.Node] { get }
}

extension Workflow.Node: WorkflowNodes {
    /// The node itself, as a list.
    public var workflowNodes: [Workflow.Node] { [self] }
}

extension String: WorkflowNodes {
    /// The node with this name, as a list.
    public var workflowNodes: [Workflow.Node] { [Workflow.Node(self)] }
}

extension Array: WorkflowNodes where Element: WorkflowNodes {
    /// The nodes of all elements.
    public var workflowNodes: [Workflow.Node] { flatMap(\.workflowNodes) }
}
