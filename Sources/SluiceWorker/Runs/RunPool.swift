import NIOCore
import Synchronization

/// More idle tasks end, since each keeps the memory of its runs.
private let mostIdle = 64
/// Runs after which a task lets those of other queues come first.
private let turn = 16

/// The tasks in which the runs of a queue take place, one run after another. A new task costs as much as a short handler does.
///
/// While jobs wait, one task is on its way to them. A task that takes a job sends another one for the rest before it runs the job,
/// so a handler that waits or blocks its thread holds up no other job. A task whose run was cancelled ends with that run, since a
/// task stays cancelled.
final class RunPool<Job: Sendable>: Sendable {
    struct Entry: Sendable {
        var job: Job
        var handle: RunHandle
    }

    private struct State {
        /// Jobs that no task has taken yet.
        var waiting = CircularBuffer<Entry>()
        /// Tasks without a job.
        var idle: [CheckedContinuation<Void, Never>] = []
        /// Whether a task is on its way to the waiting jobs.
        var isFetching = false
        var isClosed = false

        /// Sends a task to the waiting jobs if none is on its way.
        mutating func fetch() -> Fetcher? {
            if waiting.isEmpty || isFetching { return nil }
            isFetching = true
            return idle.popLast().map(Fetcher.idle) ?? .new
        }
    }

    private enum Fetcher {
        case idle(CheckedContinuation<Void, Never>)
        case new
    }

    private enum Next {
        case run(Entry, Fetcher?)
        case wait
        case end
    }

    private let executor: HandlerExecutor
    private let body: @Sendable (Job) async -> Void
    private let state = Mutex(State())

    init(on executor: HandlerExecutor, _ body: @escaping @Sendable (Job) async -> Void) {
        self.executor = executor
        self.body = body
    }

    /// Starts jobs, in order.
    func start(_ entries: [Entry]) {
        send(
            state.withLock { state in
                state.waiting.append(contentsOf: entries)
                return state.fetch()
            })
    }

    /// Lets tasks end when no jobs wait.
    func close() {
        let idle = state.withLock { state in
            defer { state.idle = [] }
            state.isClosed = true
            return state.idle
        }
        for continuation in idle { continuation.resume() }
    }

    private func send(_ fetcher: Fetcher?) {
        switch fetcher {
        case .idle(let continuation): continuation.resume()
        case .new: RunTask().start(on: executor) { [self] task in await serve(in: task) }
        case nil: break
        }
    }

    private func serve(in task: RunTask) async {
        var runs = 0
        while let entry = await next(isFetcher: runs == 0) {
            // The canceller of the run did not know its task.
            if !entry.handle.begin(in: task) { task.cancel() }
            await body(entry.job)
            if !entry.handle.end() { return }
            runs += 1
            if runs.isMultiple(of: turn) { await Task.yield() }
        }
    }

    private func next(isFetcher: Bool) async -> Entry? {
        var isFetcher = isFetcher
        while true {
            switch take(isFetcher: isFetcher) {
            case .run(let entry, let fetcher):
                send(fetcher)
                return entry
            case .wait:
                await withCheckedContinuation { continuation in
                    let isClosed = state.withLock { state in
                        if !state.isClosed { state.idle.append(continuation) }
                        return state.isClosed
                    }
                    if isClosed { continuation.resume() }
                }
                isFetcher = true
            case .end: return nil
            }
        }
    }

    private func take(isFetcher: Bool) -> Next {
        state.withLock { state in
            if isFetcher { state.isFetching = false }
            if let entry = state.waiting.popFirst() { return .run(entry, state.fetch()) }
            return state.isClosed || state.idle.count >= mostIdle ? .end : .wait
        }
    }
}
