import NIOCore

/// One timer for many deadlines. It is armed for the oldest known one, even after that call has ended.
///
/// When it fires, its owner searches for expired calls and arms it for the next. So a call that is answered in time costs one
/// comparison. Confined to an event loop.
final class DeadlineTimer {
    private let eventLoop: any EventLoop
    private let onFire: () -> Void
    private var armed: (deadline: NIODeadline, task: Scheduled<Void>)?

    init(eventLoop: any EventLoop, onFire: @escaping () -> Void) {
        self.eventLoop = eventLoop
        self.onFire = onFire
    }

    /// Ensures that the timer fires no later than `deadline`.
    func arm(_ deadline: NIODeadline) {
        if let armed {
            guard deadline < armed.deadline else { return }
            armed.task.cancel()
        }
        let task = eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { [weak self] in
            guard let self else { return }
            armed = nil
            onFire()
        }
        armed = (deadline, task)
    }

    func disarm() {
        armed?.task.cancel()
        armed = nil
    }
}
