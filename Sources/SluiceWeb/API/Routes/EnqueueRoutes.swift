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

    static let all: [APIRoute] = [
        APIRoute(
            method: .post, path: "queues/{queue}/jobs", role: .operator, reach: .jobsOfQueue,
            summary: "Enqueue one job.", name: "enqueue",
            body: .init(schema: JobDraft.shape(.queue).schema, limit: nil),
            answers: [
                .init(status: .created, about: "The job was added.", schema: .reference("Enqueued")),
                .init(status: .ok, about: "The job, or an equal one, was there already.", schema: .reference("Enqueued")),
            ], needsClient: true, answer: one),
        APIRoute(
            method: .post, path: "jobs", role: .operator, reach: .jobs,
            summary: "Enqueue up to \(most) jobs, each with an outcome of its own.", name: "enqueueMany",
            body: .init(
                schema: .array(JobDraft.shape(.many).schema, most: most, least: 1), limit: mostBytes, mayBeLines: true),
            answers: [
                .init(status: .ok, about: "All jobs are there.", schema: .reference("EnqueuedMany")),
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
        let handle = try await client.enqueue(job)
        return APIResponse.json(
            json(handle), status: handle.isNew ? .created : .ok,
            location: request.links.to("api", "v1", "jobs", handle.queue.text, handle.id.text))
    }

    private static func json(_ handle: JobHandle) -> JSONValue {
        ["queue": .string(handle.queue.text), "id": .string(handle.id.text), "added": .bool(handle.isNew)]
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
        return try answer(jobs, await client.enqueueEach(jobs.compactMap { try? $0.get() }))
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
        var (added, existing, refused) = (0, 0, 0)
        var list: [UInt8] = []
        list.reserveCapacity(64 * jobs.count)
        var rest = sent[...]
        for job in jobs {
            if !list.isEmpty { list.append(UInt8(ascii: ",")) }
            let outcome: Result<JobHandle, Problem> =
                switch job {
                case .failure(let problem): .failure(problem)
                case .success: rest.popFirst()?.mapError { Problem($0) } ?? .failure(tooMany)
                }
            switch outcome {
            case .success(let handle):
                if handle.isNew { added += 1 } else { existing += 1 }
                append(handle, to: &list)
            case .failure(let problem):
                refused += 1
                list.append(contentsOf: JSONValue.object([.init(name: "error", value: problem.json)]).encoded())
            }
        }
        let head = "{\"added\":\(added),\"existing\":\(existing),\"refused\":\(refused),\"jobs\":["
        return APIResponse.json(text: Array(head.utf8) + list + Array("]}".utf8), status: refused == 0 ? .ok : .multiStatus)
    }

    private static func append(_ handle: JobHandle, to text: inout [UInt8]) {
        text.append(contentsOf: #"{"queue":"#.utf8)
        JSONText.append(handle.queue.text, to: &text)
        text.append(contentsOf: #","id":"#.utf8)
        JSONText.append(handle.id.text, to: &text)
        text.append(contentsOf: (handle.isNew ? #","added":true}"# : #","added":false}"#).utf8)
    }
}
