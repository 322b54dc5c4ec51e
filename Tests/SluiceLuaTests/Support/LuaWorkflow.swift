import Hiredis
import SluiceCore
import SluiceStore
import SluiceTesting

/// One workflow of a fresh namespace, and the functions called on it.
struct LuaWorkflow: Sendable {
    let queues: TestNamespace
    let id: String

    init(_ id: String = "w", in queues: TestNamespace? = nil) async throws {
        if let queues { self.queues = queues } else { self.queues = try await TestNamespace() }
        self.id = id
    }

    func call<Function: StoreFunction>(_ function: Function) async throws -> Function.Reply {
        try await queues.store.call(function, workflow: id)
    }

    /// Nodes written as `name<parent,parent:p>child:p`, with `open `, `link ` or `close ` before; one that begins with `!` has no job.
    static func nodes(_ texts: [String]) -> [WorkflowAdd.Node] {
        texts.map { text in
            var rest = text[...]
            var flag = WorkflowAdd.Flag.new
            if let blank = rest.firstIndex(of: " ") {
                flag = WorkflowAdd.Flag(rawValue: String(rest[..<blank])) ?? .new
                rest = rest[rest.index(after: blank)...]
            }
            let halves = rest.split(separator: ">")
            let parts = halves[0].split(separator: "<")
            let isVirtual = parts[0].hasPrefix("!")
            return WorkflowAdd.Node(
                String(parts[0].drop { $0 == "!" }), flag: flag, queue: isVirtual ? nil : "mail",
                spec: Array(isVirtual ? "".utf8 : #"{"kind":"k"}"#.utf8), after: edges(parts.dropFirst().first),
                before: edges(halves.dropFirst().first))
        }
    }

    private static func edges(_ text: Substring?) -> [WorkflowEdge] {
        (text ?? "").split(separator: ",").map { edge in
            let words = edge.split(separator: ":")
            return WorkflowEdge(String(words[0]), Self.policy(words.dropFirst().first))
        }
    }

    private static func policy(_ letter: Substring?) -> FailurePolicy {
        switch letter {
        case "i": .ignore
        case "h": .hold
        default: .cancel
        }
    }

    /// Makes the workflow, in one page.
    @discardableResult
    func make(_ nodes: String..., deadline: Duration? = nil, context: String = "", token: String = "t") async throws
        -> WorkflowAdd.Reply
    {
        let head = WorkflowAdd.Head(name: "test", deadline: deadline, context: context)
        return try await call(WorkflowAdd(head: head, token: token, nodes: Self.nodes(nodes)))
    }

    /// Adds to it.
    func append(_ nodes: String...) async throws -> WorkflowAdd.Reply {
        try await call(WorkflowAdd(head: nil, token: "more", nodes: Self.nodes(nodes)))
    }

    /// Makes it and starts it. Returns what is released.
    @discardableResult
    func start(_ nodes: String...) async throws -> [String] {
        let head = WorkflowAdd.Head(name: "test", deadline: nil, context: "")
        _ = try await call(WorkflowAdd(head: head, token: "t", nodes: Self.nodes(nodes)))
        return try await step(.start).nodes.map(\.name)
    }

    @discardableResult
    func step(_ verbs: WorkflowStep.Verb...) async throws -> WorkflowStep.Reply { try await call(WorkflowStep(verbs)) }

    /// Tells that the job of a node, in a run, has ended. Returns what is released by that.
    @discardableResult
    func done(_ node: String, _ state: OutboxMessage.EndState = .completed, run: Int = 1, output: String = "") async throws
        -> [String]
    {
        let job = JobID(known: "\(id):\(node)" + (run > 1 ? ":\(run)" : ""))
        return try await step(.done(node: node, job: job, state: state, output: output)).nodes.map(\.name)
    }

    /// The states of all nodes, such as `a=completed b=active`.
    func states() async throws -> String {
        try await call(ListNodes(from: 0)).map { "\($0.name)=\($0.state)" }.joined(separator: " ")
    }

    func state() async throws -> String? { try await call(ReadWorkflow())["state"] }

    /// All keys but the tokens that moving the clock leaves.
    func left() async throws -> [String] { try await queues.dump().keys.filter { !$0.hasSuffix(":wake") }.sorted() }

    /// What is left of a workflow's bookkeeping when nothing is under way.
    func leftovers() async throws -> [String] {
        let prefix = "{workflow.\(id)}:"
        return try await queues.dump().keys.filter { key in
            key.hasPrefix(prefix)
                && ["todo", "ready", "stop", "cancels", "need:"].contains { key.dropFirst(prefix.count).hasPrefix($0) }
        }.sorted()
    }
}
