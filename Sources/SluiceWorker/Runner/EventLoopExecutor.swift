import NIOCore

/// Runs tasks on an event loop. A task that waits for a reply or a signal goes on there at once; without it, it goes on in Swift's
/// own pool, even the task of an actor of this event loop, and two threads have to wake.
final class EventLoopExecutor: TaskExecutor {
    private let eventLoop: any EventLoop

    init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        eventLoop.execute { [self] in job.runSynchronously(on: asUnownedTaskExecutor()) }
    }
}
