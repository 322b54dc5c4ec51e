import NIOCore
import SluiceCore
import SluiceStore
import Synchronization

/// All waits of a client for the ends of jobs, by queue.
final class ResultHub: Sendable {
    private struct State {
        var desks: [QueueName: ResultDesk] = [:]
        var isClosed = false
    }

    private let store: Store
    private let client: String
    private let listening: InboxLoop
    private let state = Mutex(State())

    init(_ store: Store, client: String, listening: InboxLoop) {
        self.store = store
        self.client = client
        self.listening = listening
    }

    /// Waits for the end of a job, wherever it is: first where it waits for the job before it, then in its queue.
    /// - Returns: Never that it is under way.
    /// - Throws: `timedOut`, `CancellationError`, or why the server could not be asked.
    func end(of job: Enqueued, timeout: Duration?) async throws -> Await.Standing {
        let end = timeout.map { NIODeadline.now() + TimeAmount(min(max($0, .zero), .seconds(1_000_000_000))) }
        if let origin = job.origin {
            let standing = try await desk(of: origin.validated()).end(of: job.id, by: end)
            if standing != .missing { return standing }
        }
        return try await desk(of: job.queue.validated()).end(of: job.id, by: end)
    }

    /// Ends all waits.
    func close() {
        let desks = state.withLock { state in
            state.isClosed = true
            return state.desks.values
        }
        for desk in desks { desk.close() }
    }

    private func desk(of queue: QueueName) throws(SluiceError) -> ResultDesk {
        let desk: ResultDesk? = state.withLock { state in
            if state.isClosed { return nil }
            if let found = state.desks[queue] { return found }
            let made = ResultDesk(queue, client: client, store: store, listening: listening)
            state.desks[queue] = made
            return made
        }
        guard let desk else { throw SluiceError(.closed, "the client was closed") }
        return desk
    }
}
