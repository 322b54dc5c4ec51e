import SluiceCore
import SluiceStore

/// Where ends are asked for: the jobs of one queue, or one workflow.
protocol EndSource: Sendable {
    associatedtype Subject: Hashable & Sendable
    associatedtype End: Sendable

    /// The list on which Redis tells this client of ends.
    var inbox: String { get }

    /// Asks how some subjects stand. Redis puts an entry into the inbox when one of those ends that are under way.
    /// - Returns: At least one of them; the others were not asked for, since the reply was full.
    /// - Throws: What goes by, such as an outage, or what the wait for these subjects ends with.
    func ask(_ subjects: [Subject]) async throws(SluiceError) -> [Subject: EndState<End>]

    /// Tells Redis that this client does not wait for some subjects any more. Nothing depends on it.
    func forget(_ subjects: [Subject]) async throws(SluiceError)

    /// Which subject an entry of the inbox is about.
    func subject(of entry: String) -> Subject?

    /// What an error calls a subject.
    func name(of subject: Subject) -> String
}

/// How something stands that is waited for.
enum EndState<End: Sendable>: Sendable {
    /// Its state.
    case underWay(String)
    case ended(End)
}

/// Ends of the jobs of one queue.
struct JobEnds: EndSource {
    let queue: QueueName
    let client: String
    let store: Store

    var inbox: String { store.keys.inbox(queue, client: client) }

    /// - Returns: `missing` for jobs that the queue does not know, never `underWay`.
    func ask(_ ids: [JobID]) async throws(SluiceError) -> [JobID: EndState<Await.Standing>] {
        try await store.call(Await(client: client, ids: ids), on: queue).mapValues { standing in
            if case .underWay(let state) = standing { .underWay(state.rawValue) } else { .ended(standing) }
        }
    }

    func forget(_ ids: [JobID]) async throws(SluiceError) {
        for page in stride(from: 0, to: ids.count, by: Await.mostJobs) {
            let some = Array(ids[page..<min(page + Await.mostJobs, ids.count)])
            _ = try await store.call(Await(client: client, forgets: true, ids: some), on: queue)
        }
    }

    /// Entries are `id state`; Redis is asked for the rest.
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
            throw WorkflowAccess.unknown(id)
        }
        guard WorkflowStatus.State(rawValue: state)?.isEnded == true else { return [id: .underWay(state)] }
        guard let status = WorkflowStatus(id, try await store.call(ReadWorkflow(), workflow: id)) else {
            throw WorkflowAccess.unknown(id)
        }
        return [id: .ended(status)]
    }

    /// The record of a workflow names each client once, until the workflow ends.
    func forget(_ ids: [String]) async throws(SluiceError) {}

    func subject(of entry: String) -> String? { id }

    func name(of id: String) -> String { "workflow '\(id)'" }
}
