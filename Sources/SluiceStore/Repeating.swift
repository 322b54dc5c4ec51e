import Hiredis
package import NIOCore
package import SluiceCore

/// The wait after `failures` failures in a row: up to `first` after the first one, doubled with each up to `most`, half of it
/// random.
package func backoff(after failures: Int, from first: Duration, upTo most: Duration) -> Duration {
    Backoff(first: first, cap: most).delay(failures: failures)
}

extension Store {
    /// Makes a call and repeats it while it fails with a transient error, for as long as `patience`. The call has to be safe to
    /// repeat. `outOfMemory` is not waited out.
    /// - Parameter heedsCancellation: whether cancellation of the task stops it. False if jobs of other tasks travel in the same
    ///   call.
    package func repeating<Reply>(
        for patience: Duration, heedsCancellation: Bool, _ call: () async throws(SluiceError) -> Reply
    ) async throws(SluiceError) -> Reply {
        let end = ContinuousClock.now + patience
        var failures = 0
        while true {
            do {
                return try await call()
            } catch {
                failures += 1
                let wait = backoff(after: failures, from: .milliseconds(20), upTo: .seconds(1))
                guard error.isTransient, error.code != .outOfMemory, ContinuousClock.now + wait < end else { throw error }
                if heedsCancellation {
                    try? await Task.sleep(for: wait, clock: .continuous)
                    if Task.isCancelled { throw error }
                } else {
                    await eventLoop.pause(wait)
                }
            }
        }
    }
}

extension EventLoop {
    /// Waits, even if the task is cancelled: others may depend on its next step.
    package func pause(_ wait: Duration) async {
        await withCheckedContinuation { continuation in
            scheduleTask(in: TimeAmount(wait)) { continuation.resume() }
        }
    }
}
