import NIOCore

extension EventLoop {
    /// Waits, whether the task is cancelled or not: others may depend on what it does next.
    func pause(_ wait: TimeAmount) async {
        await withCheckedContinuation { continuation in
            scheduleTask(in: wait) { continuation.resume() }
        }
    }
}
