import Hummingbird
import Sluice
import SluiceCore
import SluiceInspector

/// Batches.
enum BatchRoutes {
    static let all: [APIRoute] = [
        .get(
            "batches", "listBatches", "List the batches that are kept, the newest first.", reach: .namespace,
            query: [
                .one("state", .words(BatchStatus.State.self), "Only in this state."),
                .one("limit", .range(1, 1000), "The number of batches at most. Default: 50."),
            ], gives: .array(.reference("Batch"))
        ) { request in
            let list = try await request.inspector.batches(
                state: try request.word("state", BatchStatus.State.self), limit: try request.integer("limit", 1...1000) ?? 50)
            return APIResponse.json(.array(list.map(\.json)))
        },
        APIRoute(
            method: .post, path: "batches", role: .operator, reach: .namespace,
            summary: "Open a batch, with jobs to enqueue when something happens to it.", name: "openBatch",
            body: .init(schema: BatchDraft.shape.schema, limit: EnqueueRoutes.mostBytes),
            answers: [.init(status: .created, about: "The batch is open.", schema: .reference("Batch"))], needsClient: true
        ) { request in
            let draft = try request.read(BatchDraft.shape, into: BatchDraft())
            let batch = try await request.client().openBatch(
                draft.name, id: draft.id, on: try draft.callbacks(for: request.grant), within: draft.parent)
            return APIResponse.json(
                try await status(batch).json, status: .created, location: request.links.to("api", "v1", "batches", batch.id.text))
        },
        .get(
            "batches/{batch}", "showBatch", "Show a batch, its callbacks, and members that it waits for.", reach: .namespace,
            query: [.one("limit", .range(1, 1000), "The number of waiting members at most. Default: 20.")],
            gives: .reference("BatchDetails")
        ) { request in
            let id = try id(request)
            guard let details = try await request.inspector.batch(id, members: try request.integer("limit", 1...1000) ?? 20)
            else { throw missing(id) }
            return APIResponse.json(details.json)
        },
        APIRoute(
            method: .post, path: "batches/{batch}/jobs", role: .operator, reach: .namespace,
            summary: "Enqueue jobs as members of a batch.", name: "addToBatch",
            body: .init(
                schema: .array(JobDraft.shape(.many).schema, most: EnqueueRoutes.most, least: 1),
                limit: EnqueueRoutes.mostBytes),
            answers: [.init(status: .ok, about: "All jobs are there.", schema: .reference("BatchAdded"))], needsClient: true,
            answer: add),
        .post(
            "batches/{batch}/seal", "sealBatch", "Seal a batch: it takes no more members from outside.", reach: .namespace,
            gives: .reference("Batch"), needsClient: true
        ) { request in
            let batch = try request.client().batch(try id(request))
            _ = try await status(batch)
            try await batch.seal()
            return APIResponse.json(try await status(batch).json)
        },
    ]

    private static func add(_ request: APIRequest) async throws -> Response {
        let batch = try request.client().batch(try id(request))
        var jobs: [JobRequest] = []
        try request.parsing { input in
            try input.forEachElement { position, element in
                if position == EnqueueRoutes.most { throw Invalid("at most \(EnqueueRoutes.most) jobs are taken") }
                var draft = JobDraft()
                try JobDraft.shape(.many).read(element, into: &draft)
                jobs.append(try draft.request(for: request.grant))
            }
        }
        if jobs.isEmpty { throw Invalid("there is no job") }
        _ = try await status(batch)
        let added = try await batch.add(jobs)
        return APIResponse.json([
            "batch": .string(batch.id.text), "added": .integer(added.added), "existing": .integer(added.existing),
            "duplicates": .integer(added.duplicates),
        ])
    }

    private static func status(_ batch: Batch) async throws -> BatchStatus {
        guard let status = try await batch.status() else { throw missing(batch.id) }
        return status
    }

    private static func id(_ request: APIRequest) throws -> BatchID {
        guard let id = try? BatchID(request.part("batch")) else { throw Problem.notFound("a batch cannot have this id") }
        return id
    }

    private static func missing(_ id: BatchID) -> Problem {
        .notFound("there is no batch '\(id)', or it finished more than a day ago")
    }
}

/// A batch to open.
struct BatchDraft {
    var name = ""
    var id: BatchID?
    var on: [BatchEvent: JobDraft] = [:]
    var parent: BatchID?

    static let shape = Shape<BatchDraft>([
        .required("name", Schema.text(longest: 256).saying("A label for people.")) { input, draft in
            draft.name = try input.string()
            if draft.name.utf8.count > 256 { throw Invalid("a name takes at most 256 bytes") }
        },
        .optional("id", Schema.name.saying("An id of your own. Opening it again changes nothing.")) {
            $1.id = try $0.parsed(BatchID.init(_:))
        },
        .optional("on", callbacks.schema.saying("The jobs to enqueue, by event.")) { try callbacks.read($0, into: &$1.on) },
        .optional("parent", Schema.name.saying("The batch that this one is a member of.")) {
            $1.parent = try $0.parsed(BatchID.init(_:))
        },
    ])

    private static let callbacks = Shape<[BatchEvent: JobDraft]>(
        BatchEvent.allCases.map { event in
            .optional(event.rawValue, JobDraft.shape(.callback).schema) { input, callbacks in
                var job = JobDraft()
                try JobDraft.shape(.callback).read(input, into: &job)
                callbacks[event] = job
            }
        })

    func callbacks(for grant: Grant) throws -> [BatchEvent: JobRequest] {
        var requests: [BatchEvent: JobRequest] = [:]
        for (event, job) in on {
            do {
                requests[event] = try job.request(for: grant)
            } catch let error as Invalid {
                throw error.within(event.rawValue).within("on")
            }
        }
        return requests
    }
}
