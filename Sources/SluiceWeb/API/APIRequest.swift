import Hummingbird
import Sluice
import SluiceCore
import SluiceInspector

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A request of the API whose sender is known and may use the route.
struct APIRequest: Sendable {
    var head: HTTPRequest
    /// The variable parts of the path, decoded.
    var path: [String: String]
    /// The fields of the query. The route knows all their names.
    var query: Form
    /// The body; empty if there is none.
    var body: [UInt8]
    var grant: Grant
    var site: Site
    var links: Links
    /// What the API offers here, for its description.
    var table: APITable

    /// Reads, with keys only for those who may see what they decrypt.
    var inspector: Inspector {
        grant.role >= .admin ? site.inspector : Inspector(site.inspector.store)
    }

    /// The same, acting for the sender.
    func author(_ reason: String = "") -> Inspector { inspector.acting(as: grant.author, reason: reason) }

    func client() throws -> SluiceClient {
        guard let client = site.description.client else { throw Problem.notFound("this server has no client") }
        return client
    }

    // MARK: Path

    func part(_ name: String) -> String { path[name] ?? "" }

    func queue() throws -> QueueName {
        guard let queue = try? QueueName(part("queue")) else { throw Problem.notFound("a queue cannot have this name") }
        return queue
    }

    /// The queue of the path, if anything has used it.
    func usedQueue() async throws -> QueueName { try await usedStatus().queue }

    /// The status of that queue.
    func usedStatus() async throws -> QueueStatus {
        let queue = try queue()
        guard let status = try await inspector.usedStatus(of: queue) else {
            throw Problem.notFound("there is no queue '\(queue)'")
        }
        return status
    }

    func jobID() throws -> JobID {
        guard let id = try? JobID(part("id")) else { throw Problem.notFound("a job cannot have this id") }
        return id
    }

    /// The job of the path, if the sender may see it.
    func job() async throws -> JobDetails {
        let (id, queue) = (try jobID(), try queue())
        guard let job = try await inspector.job(id, in: queue) else {
            throw Problem.notFound("there is no job '\(id)' in queue '\(queue)'; ended jobs are kept for a while only")
        }
        try grant.require(queue, kind: job.kind)
        return job
    }

    /// - Throws: ``Problem`` if the sender may not see a job. One that is not there passes.
    func checkJob(_ id: JobID, in queue: QueueName) async throws {
        guard grant.kinds != nil, let job = try await inspector.job(id, in: queue) else { return }
        try grant.require(queue, kind: job.kind)
    }

    // MARK: Query

    /// A field of the query.
    func text(_ name: String) -> String? { query.fields.first { $0.name == name }?.value }

    func texts(_ name: String) -> [String] { query.fields.filter { $0.name == name }.map(\.value) }

    func integer(_ name: String, _ range: ClosedRange<Int>) throws -> Int? {
        guard let text = text(name) else { return nil }
        guard let value = Int(text), range.contains(value) else {
            throw Invalid("'\(name)' is a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    func word<Word: RawRepresentable & CaseIterable>(_ name: String, _ type: Word.Type) throws -> Word?
    where Word.RawValue == String { try words(name, type).first }

    func words<Word: RawRepresentable & CaseIterable>(_ name: String, _ type: Word.Type) throws -> [Word]
    where Word.RawValue == String {
        try texts(name).map { text in
            if let word = Word(rawValue: text) { return word }
            throw Invalid("'\(name)' is one of \(type.allCases.map(\.rawValue).joined(separator: ", "))")
        }
    }

    /// The queues that the query names, each of which the sender may see; all that it may see if there is none. Nil for all.
    func queues() throws -> [QueueName]? {
        try grant.queues(
            texts("queue").map { text in
                guard let queue = try? QueueName(text) else { throw Invalid("'queue' is the name of a queue") }
                return queue
            })
    }

    // MARK: Body

    /// Reads the body as an object.
    func read<Draft>(_ shape: Shape<Draft>, into draft: Draft) throws -> Draft {
        var draft = draft
        try parsing { try shape.read($0, into: &draft) }
        return draft
    }

    /// Reads the body as JSON.
    func parsing(_ read: (JSONInput) throws -> Void) throws {
        try Self.parsing(body.isEmpty ? Array("{}".utf8) : body, read)
    }

    /// - Throws: ``Problem`` with the place, if the text is no JSON; the errors of `read`.
    static func parsing(_ text: [UInt8], _ read: (JSONInput) throws -> Void) throws {
        do {
            try JSONSyntax.check(text)
        } catch {
            throw Problem(.badRequest, "malformedJSON", "the body is not JSON: \(error.reason)")
        }
        try text.withUnsafeBytes { try read(JSONInput(JSONScanner.trimmed($0))) }
    }

    /// Makes a change in the name of the sender, and lets the pages show it.
    func change<Value: Sendable>(
        reason: String = "", _ body: (Inspector) async throws -> Value
    ) async throws -> Value {
        let result: Result<Value, any Error>
        do {
            result = .success(try await body(author(reason)))
        } catch {
            result = .failure(error)
        }
        await site.changed()
        return try result.get()
    }
}
