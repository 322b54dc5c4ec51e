import Hummingbird
import Sluice
import SluiceCore
import SluiceInspector

/// Workflows.
enum WorkflowRoutes {
    static let all: [APIRoute] = [
        .get(
            "workflows", "listWorkflows", "List the workflows that are kept, the newest first.", reach: .namespace,
            query: [
                .one("state", .words(WorkflowStatus.State.self), "Only in this state."),
                .one("limit", .range(1, 1000), "The number of workflows at most. Default: 50."),
            ], gives: .array(.reference("Workflow"))
        ) { request in
            let list = try await request.inspector.workflows(
                state: try request.word("state", WorkflowStatus.State.self), limit: try request.integer("limit", 1...1000) ?? 50)
            return APIResponse.json(.array(list.map(\.json)))
        },
        APIRoute(
            method: .post, path: "workflows", role: .operator, reach: .namespace, summary: "Add a workflow and start it.",
            name: "addWorkflow", body: .init(schema: WorkflowDraft.shape.schema, limit: EnqueueRoutes.mostBytes),
            answers: [
                .init(status: .created, about: "The workflow was added.", schema: .reference("WorkflowAdded")),
                .init(status: .ok, about: "It was there already.", schema: .reference("WorkflowAdded")),
            ], needsClient: true
        ) { request in
            let client = try request.client()
            let flow = try request.read(WorkflowDraft.shape, into: WorkflowDraft()).workflow(for: request.grant)
            let handle = try await client.enqueue(flow)
            return APIResponse.json(
                ["workflow": .string(handle.id.text), "added": .bool(handle.isNew)], status: handle.isNew ? .created : .ok,
                location: request.links.to("api", "v1", "workflows", handle.id.text))
        },
        .get(
            "workflows/{workflow}", "showWorkflow", "Show a workflow and its nodes.", reach: .namespace,
            query: [.one("limit", .range(1, 10_000), "The number of nodes at most. Default: 1000.")],
            gives: .reference("WorkflowDetails")
        ) { request in
            let limit = try request.integer("limit", 1...10_000) ?? 1000
            let id = try id(request)
            guard let details = try await request.inspector.workflow(id, nodes: limit, edges: 4 * limit) else {
                throw SluiceError.unknownWorkflow(id.text)
            }
            return APIResponse.json(details.json)
        },
        change("cancel", "cancelWorkflow", "Cancel a workflow, or a branch of it.", .workflowsCancel) {
            (workflow, node) throws(SluiceError) in
            try await workflow.cancel(node)
        },
        change("retry", "retryWorkflow", "Run failed and cancelled nodes again.", .workflowsRetry) {
            (workflow, node) throws(SluiceError) in
            try await workflow.retry(node)
        },
    ]

    private static func change(
        _ word: String, _ name: String, _ summary: String, _ verb: Action.Verb,
        _ body: @escaping @Sendable (WorkflowHandle, Workflow.Node?) async throws(SluiceError) -> Void
    ) -> APIRoute {
        .post(
            "workflows/{workflow}/\(word)", name, summary, reach: .namespace,
            takes: .init(schema: BranchDraft.shape.schema, isRequired: false), gives: .reference("Workflow"), needsClient: true
        ) { request in
            let draft = try request.read(BranchDraft.shape, into: BranchDraft())
            let handle = try request.client().workflow(try id(request))
            _ = try await handle.status()
            let target = draft.node.map { "\(handle.id) \($0)" } ?? handle.id.text
            try await request.change(reason: draft.reason) { inspector in
                try await inspector.record(verb, on: target) { tally throws(SluiceError) in
                    try await body(handle, draft.node.map { Workflow.Node($0) })
                    tally.changed = 1
                }
            }
            return APIResponse.json(try await handle.status().json)
        }
    }

    private static func id(_ request: APIRequest) throws -> WorkflowID {
        guard let id = try? WorkflowID(request.part("workflow")) else {
            throw Problem.notFound("a workflow cannot have this id")
        }
        return id
    }
}

/// The branch of a workflow that is changed.
struct BranchDraft {
    var node: String?
    var reason = ""

    static let shape = Shape<BranchDraft>([
        .optional("node", Schema.name.saying("Only this node, and those whose names begin with its name and a dot.")) {
            $1.node = try $0.string()
        },
        .optional("reason", .reason) { $1.reason = try $0.reason() },
    ])
}
