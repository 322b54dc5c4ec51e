import NIOCore

extension QueueRunner {
    /// Starts chunks that have gathered. Returns when the next will have.
    ///
    /// It is the runner that starts them, so that their tasks see the worker's graceful shutdown, and no member's trace.
    func startChunks(at now: NIODeadline) -> NIODeadline? {
        var next: NIODeadline?
        for gathering in pipeline.gatherings {
            let (ready, ends) = gathering.take(at: now)
            for chunk in ready { chunk.start(on: executor) }
            if let ends { next = min(next ?? ends, ends) }
        }
        return next
    }
}
