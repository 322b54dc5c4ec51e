import Synchronization

/// Cancels one run, wherever it is: before its task takes it, in its task, or after its end.
final class RunHandle: Sendable {
    private enum State {
        case waiting
        case running(RunTask)
        case cancelled
        case ended
    }

    private let state = Mutex(State.waiting)

    /// The task takes the run. Returns false if the run was cancelled before.
    func begin(in task: RunTask) -> Bool {
        state.withLock { state in
            guard case .waiting = state else { return false }
            state = .running(task)
            return true
        }
    }

    /// Returns false if the run was cancelled. Then its task is cancelled as well, or about to be.
    func end() -> Bool {
        state.withLock { state in
            guard case .running = state else { return false }
            state = .ended
            return true
        }
    }

    /// Cancels the task of the run. After the end it does nothing: the task may have taken another run.
    func cancel() {
        let task: RunTask? = state.withLock { state in
            switch state {
            case .waiting:
                state = .cancelled
                return nil
            case .running(let task):
                state = .cancelled
                return task
            case .cancelled, .ended: return nil
            }
        }
        task?.cancel()
    }
}

/// A Swift task that can be cancelled before its creator knows it.
final class RunTask: Sendable {
    private struct State {
        var task: Task<Void, Never>?
        var isCancelled = false
    }

    private let state = Mutex(State())

    func start(on executor: HandlerExecutor, _ body: @escaping @Sendable (RunTask) async -> Void) {
        let task = Task(executorPreference: executor) { await body(self) }
        let isCancelled = state.withLock { state in
            state.task = task
            return state.isCancelled
        }
        if isCancelled { task.cancel() }
    }

    func cancel() {
        let task = state.withLock { state in
            state.isCancelled = true
            return state.task
        }
        task?.cancel()
    }
}
