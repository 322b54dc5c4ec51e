import SluiceCore
import Synchronization

/// A member's place in a chunk: its run waits here for its outcome, of which there is one.
final class ChunkSeat<Kind: Job>: Sendable {
    private enum State {
        case open(waiter: CheckedContinuation<JobResult, any Error>?)
        case ended(Result<JobResult, any Error>)
    }

    let job: Kind
    let context: JobContext
    private let state = Mutex(State.open(waiter: nil))

    init(_ job: Kind, _ context: JobContext) {
        self.job = job
        self.context = context
    }

    var isOpen: Bool {
        state.withLock { state in
            guard case .open = state else { return false }
            return true
        }
    }

    /// The context from the start of its chunk on, which is when its time starts to run.
    func startedContext() -> JobContext {
        var context = context
        context.deadline = context.ticket?.start()
        return context
    }

    /// Gives it its outcome. Returns false if it has one.
    func end(_ result: Result<JobResult, any Error>) -> Bool {
        let (isFirst, waiter) = state.withLock { state in
            guard case .open(let waiter) = state else { return (false, CheckedContinuation<JobResult, any Error>?.none) }
            state = .ended(result)
            return (true, waiter)
        }
        waiter?.resume(with: result)
        return isFirst
    }

    /// Waits for the outcome. It does not see the task's cancellation: whoever cancels has to end it.
    func outcome() async throws -> JobResult {
        try await withCheckedThrowingContinuation { continuation in
            let result: Result<JobResult, any Error>? = state.withLock { state in
                if case .ended(let result) = state { return result }
                state = .open(waiter: continuation)
                return nil
            }
            if let result { continuation.resume(with: result) }
        }
    }
}
