import Hummingbird
import Sluice
import SluiceCore
import SluiceInspector

/// Enqueues jobs.
enum EnqueueRoutes {
    /// The most jobs of one request.
    static let most = 10_000
    /// The most bytes of many jobs.
    static let mostBytes = 16 << 20
    /// The type of a body with a job on each line.
    static let linesType = "application/x-ndjson"

    /// The fields of the query about copies of the new jobs.
    private static let durability: [APIRoute.Query] = [
        .one("replicas", .range(1, 100), "Answer once this many replicas have the jobs as well."),
        .one("replicas_within", .string, "How long to wait for them, such as 500ms, at most 30s. Default: 2s."),
    ]

    private static let notConfirmed = APIRoute.Answer(
        status: .accepted, about: "All jobs are there, some without the confirmation of the replicas.",
        schema: .reference("EnqueuedMany"))

    static let all: [APIRoute] = [
        APIRoute(
            method: .post, path: "queues/{queue}/jobs", role: .operator, reach: .jobsOfQueue,
            summary: "Enqueue one job.", name: "enqueue", query: durability,
            body: .init(schema: JobDraft.shape(.queue).schema, limit: nil),
            answers: [
                .init(status: .created, about: "The job was added.", schema: .reference("Enqueued")),
                .init(status: .ok, about: "The job, or an equal one, was there already.", schema: .reference("Enqueued")),
                .init(
                    status: .accepted, about: "The job is there, without the confirmation of the replicas.",
                    schema: .reference("Enqueued")),
            ], needsClient: true, answer: one),
        APIRoute(
            method: .post, path: "jobs", role: .operator, reach: .jobs,
            summary: "Enqueue up to \(most) jobs, each with an outcome of its own.", name: "enqueueMany", query: durability,
            body: .init(
                schema: .array(JobDraft.shape(.many).schema, most: most, least: 1), limit: mostBytes, mayBeLines: true),
            answers: [
                .init(status: .ok, about: "All jobs are there.", schema: .reference("EnqueuedMany")),
                notConfirmed,
                .init(status: .multiStatus, about: "Some jobs were refused.", schema: .reference("EnqueuedMany")),
            ], needsClient: true, answer: many),
    ]

    private static func one(_ request: APIRequest) async throws -> Response {
        let client = try request.client()
        let queue = try request.queue()
        var draft = try request.read(JobDraft.shape(.queue), into: JobDraft())
        if let key = try request.idempotencyKey() {
            if let id = draft.id, id != key { throw Invalid("'id' and the header Idempotency-Key differ") }
            draft.id = key
        }
        var job = try draft.request(in: queue, for: request.grant)
        job.trace = request.trace
        if let parent = job.after { try await request.checkJob(parent.parent, in: parent.queue) }
        let durability = try durability(of: request)
        let handle: JobHandle
        var isConfirmed = true
        do throws(SluiceError) {
            handle = try await client.enqueue(job, durability: durability)
        } catch {
            handle = try unconfirmed(error, in: queue)
            isConfirmed = false
        }
        return APIResponse.json(
            json(handle, isConfirmed), status: isConfirmed ? handle.isNew ? .created : .ok : .accepted,
            location: request.links.to("api", "v1", "jobs", handle.queue.text, handle.id.text))
    }

    /// What the query says about replicas; nil for what the site's client does.
    private static func durability(of request: APIRequest) throws -> Durability? {
        let within = try request.duration("replicas_within")
        guard let count = try request.integer("replicas", 1...100) else {
            if within != nil { throw Invalid("'replicas_within' goes with 'replicas'") }
            return nil
        }
        if let within, within > .seconds(30) { throw Invalid("'replicas_within' is at most 30s") }
        return .replicas(count, within: within ?? .seconds(2))
    }

    /// The job that is there without its confirmation.
    /// - Throws: Any other error.
    private static func unconfirmed(_ error: SluiceError, in queue: QueueName) throws(SluiceError) -> JobHandle {
        guard let id = error.jobs.first else { throw error }
        return JobHandle(id: id, queue: queue, isNew: error.isNew ?? true)
    }

    private static func json(_ handle: JobHandle, _ isConfirmed: Bool) -> JSONValue {
        let json: JSONValue = [
            "queue": .string(handle.queue.text), "id": .string(handle.id.text), "added": .bool(handle.isNew),
        ]
        return isConfirmed ? json : json.adding("confirmed", false)
    }

    private static func many(_ request: APIRequest) async throws -> Response {
        let client = try request.client()
        var jobs: [Result<JobRequest, Problem>] = []
        if request.hasLines {
            for line in try lines(request.body) {
                jobs.append(
                    job(for: request) { draft in
                        try APIRequest.parsing(line) { try JobDraft.shape(.many).read($0, into: &draft) }
                    })
            }
        } else {
            try request.parsing { input in
                try input.forEachElement { position, element in
                    if position == most { throw tooMany }
                    jobs.append(job(for: request, at: "\(position)") { try JobDraft.shape(.many).read(element, into: &$0) })
                }
            }
        }
        if jobs.isEmpty { throw Invalid("there is no job") }
        try await check(&jobs, request)
        let durability = try durability(of: request)
        return try answer(jobs, await client.enqueueEach(jobs.compactMap { try? $0.get() }, durability: durability))
    }

    private static var tooMany: Problem { Problem(Invalid("a request takes at most \(most) jobs")) }

    /// The lines of a body that are not blank.
    private static func lines(_ body: [UInt8]) throws -> [[UInt8]] {
        let lines = body.split(separator: UInt8(ascii: "\n")).filter { line in !line.allSatisfy { $0 <= 0x20 } }
        if lines.count > most { throw tooMany }
        return lines.map { Array($0) }
    }

    /// One of many jobs, or why it is refused.
    private static func job(
        for request: APIRequest, at place: String? = nil, _ read: (inout JobDraft) throws -> Void
    ) -> Result<JobRequest, Problem> {
        do {
            var draft = JobDraft()
            try read(&draft)
            var job = try draft.request(for: request.grant)
            job.trace = request.trace
            return .success(job)
        } catch let error as Problem {
            return .failure(error)
        } catch let error as Invalid {
            return .failure(Problem(place.map { error.within($0) } ?? error))
        } catch {
            return .failure(Problem(.unprocessableContent, "invalidArgument", "the job cannot be read"))
        }
    }

    /// Refuses jobs that follow others which the sender may not see.
    private static func check(_ jobs: inout [Result<JobRequest, Problem>], _ request: APIRequest) async throws {
        guard request.grant.kinds != nil else { return }
        for (position, job) in jobs.enumerated() {
            guard let parent = try? job.get().after else { continue }
            do {
                try await request.checkJob(parent.parent, in: parent.queue)
            } catch let error as Problem {
                jobs[position] = .failure(error)
            }
        }
    }

    private static func answer(
        _ jobs: [Result<JobRequest, Problem>], _ sent: [Result<JobHandle, SluiceError>]
    ) throws -> Response {
        // If Redis is away, the request as a whole has failed.
        if let first = sent.first, case .failure(let error) = first, error.code.category == .server,
            sent.allSatisfy({ (try? $0.get()) == nil })
        {
            throw error
        }
        var (added, existing, refused, unconfirmed) = (0, 0, 0, 0)
        var list: [UInt8] = []
        list.reserveCapacity(64 * jobs.count)
        var rest = sent[...]
        for job in jobs {
            if !list.isEmpty { list.append(UInt8(ascii: ",")) }
            switch outcome(of: job, &rest) {
            case .success(let (handle, isConfirmed)):
                if handle.isNew { added += 1 } else { existing += 1 }
                if !isConfirmed { unconfirmed += 1 }
                append(handle, isConfirmed, to: &list)
            case .failure(let problem):
                refused += 1
                list.append(contentsOf: JSONValue.object([.init(name: "error", value: problem.json)]).encoded())
            }
        }
        let head = "{\"added\":\(added),\"existing\":\(existing),\"refused\":\(refused),\"jobs\":["
        let status: HTTPResponse.Status = refused > 0 ? .multiStatus : unconfirmed > 0 ? .accepted : .ok
        return APIResponse.json(text: Array(head.utf8) + list + Array("]}".utf8), status: status)
    }

    /// The outcome of a job, which is the first of `sent` unless it was refused before.
    private static func outcome(
        of job: Result<JobRequest, Problem>, _ sent: inout ArraySlice<Result<JobHandle, SluiceError>>
    ) -> Result<(JobHandle, isConfirmed: Bool), Problem> {
        switch job {
        case .failure(let problem): return .failure(problem)
        case .success(let request):
            switch sent.popFirst() {
            case nil: return .failure(tooMany)
            case .success(let handle): return .success((handle, true))
            case .failure(let error):
                return Result { () throws(SluiceError) in (try unconfirmed(error, in: request.queue), false) }
                    .mapError { Problem($0) }
            }
        }
    }

    private static func append(_ handle: JobHandle, _ isConfirmed: Bool, to text: inout [UInt8]) {
        text.append(contentsOf: #"{"queue":"#.utf8)
        JSONText.append(handle.queue.text, to: &text)
        text.append(contentsOf: #","id":"#.utf8)
        JSONText.append(handle.id.text, to: &text)
        text.append(contentsOf: (handle.isNew ? #","added":true"# : #","added":false"#).utf8)
        text.append(contentsOf: (isConfirmed ? "}" : #","confirmed":false}"#).utf8)
    }
}
