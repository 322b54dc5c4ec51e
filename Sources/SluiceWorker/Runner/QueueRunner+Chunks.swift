import NIOCore

extension QueueRunner {
    /// Starts the chunks that are ready. Returns when the next one will be ready.
    ///
    /// The runner starts them, so that their tasks see the worker's graceful shutdown, and no member's trace.
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
