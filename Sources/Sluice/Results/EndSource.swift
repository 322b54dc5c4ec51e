import SluiceCore
import SluiceStore

/// The place to ask for ends: the jobs of one queue, or one workflow.
protocol EndSource: Sendable {
    associatedtype Subject: Hashable & Sendable
    associatedtype End: Sendable

    /// The list into which Redis puts notices of ends for this client.
    var inbox: String { get }

    /// Asks for the states of some subjects. Redis puts a notice into the inbox when one that is under way ends.
    /// - Returns: At least one of the subjects; the reply had no room for the others.
    /// - Throws: A transient error, such as an outage, or the error with which the waits for these subjects end.
    func ask(_ subjects: [Subject]) async throws(SluiceError) -> [Subject: EndState<End>]

    /// Withdraws this client's interest in some subjects. Nothing depends on it.
    func forget(_ subjects: [Subject]) async throws(SluiceError)

    /// The subject of an entry in the inbox.
    func subject(of entry: String) -> Subject?

    /// The name of a subject in error messages.
    func name(of subject: Subject) -> String
}

/// The state of a subject that is waited for.
enum EndState<End: Sendable>: Sendable {
    /// The subject has not ended; the value is its state.
    case underWay(String)
    case ended(End)
}

/// The ends of jobs in one queue.
struct JobEnds: EndSource {
    let queue: QueueName
    let client: String
    let store: Store

    var inbox: String { store.keys.inbox(queue, client: client) }

    /// - Returns: `missing` for jobs that the queue does not know; never `underWay`.
    func ask(_ ids: [JobID]) async throws(SluiceError) -> [JobID: EndState<Await.Standing>] {
        try await store.call(Await(client: client, ids: ids), on: queue).mapValues { standing in
            if case .underWay(let state) = standing { .underWay(state.rawValue) } else { .ended(standing) }
        }
    }

    func forget(_ ids: [JobID]) async throws(SluiceError) {
        for page in ids.pages(of: Await.mostJobs) {
            _ = try await store.call(Await(client: client, forgets: true, ids: page), on: queue)
        }
    }

    /// Entries are `id state`. Only the id is used; Redis is asked for the rest.
    func subject(of entry: String) -> JobID? { JobID(known: String(entry.prefix { $0 != " " })) }

    func name(of id: JobID) -> String { "the job \(id)" }
}

/// The end of one workflow.
struct WorkflowEnds: EndSource {
    let id: String
    let client: String
    let store: Store

    var inbox: String { store.keys.inbox(ofWorkflow: id, client: client) }

    /// - Throws: `unknownWorkflow`.
    func ask(_ ids: [String]) async throws(SluiceError) -> [String: EndState<WorkflowStatus>] {
        guard let state = try await store.call(AwaitWorkflow(client: client), workflow: id) else {
            throw SluiceError.unknownWorkflow(id)
        }
        guard WorkflowStatus.State(rawValue: state)?.isEnded == true else { return [id: .underWay(state)] }
        guard let status = WorkflowStatus(WorkflowID(known: id), try await store.call(ReadWorkflow(), workflow: id)) else {
            throw SluiceError.unknownWorkflow(id)
        }
        return [id: .ended(status)]
    }

    /// Does nothing: a workflow's record names each client once, until the workflow ends.
    func forget(_ ids: [String]) async throws(SluiceError) {}

    func subject(of entry: String) -> String? { id }

    func name(of id: String) -> String { "workflow '\(id)'" }
}
