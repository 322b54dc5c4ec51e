import SluiceCore
import Synchronization

/// A member's seat in a chunk, in which its run waits for its one outcome.
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

    /// The member's context, with a deadline that counts from the start of the chunk.
    func startedContext() -> JobContext {
        var context = context
        context.deadline = context.ticket?.start()
        return context
    }

    /// Sets the outcome. Returns false if there is one already.
    func end(_ result: Result<JobResult, any Error>) -> Bool {
        let (isFirst, waiter) = state.withLock { state in
            guard case .open(let waiter) = state else { return (false, CheckedContinuation<JobResult, any Error>?.none) }
            state = .ended(result)
            return (true, waiter)
        }
        waiter?.resume(with: result)
        return isFirst
    }

    /// Waits for the outcome. It ignores the task's cancellation, so the code that cancels also has to set an outcome.
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
