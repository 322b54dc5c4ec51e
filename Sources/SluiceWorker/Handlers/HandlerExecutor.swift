import Dispatch
import Foundation
import Logging
import NIOCore
import Synchronization

/// Threads for handlers, separate from those of NIO and of Swift's own pool. A handler that blocks its thread stops neither the
/// worker's beat nor other handlers. When all threads are blocked, so that everything queued has waited for a second, the
/// executor adds a thread, with a warning, up to a limit.
final class HandlerExecutor: TaskExecutor {
    private struct State {
        var jobs: Jobs = Jobs()
        var sleeping = 0
        var threads = 0
        var isStopped = false
        /// Jobs taken so far. If it stays unchanged for a second while jobs are queued, every thread is blocked.
        var taken: UInt64 = 0
    }

    /// A queue in two arrays, cheap to fill and to empty in bursts.
    private struct Jobs {
        private var incoming: [UnownedJob] = []
        private var outgoing: [UnownedJob] = []

        var isEmpty: Bool { incoming.isEmpty && outgoing.isEmpty }

        mutating func append(_ job: UnownedJob) { incoming.append(job) }

        mutating func popFirst() -> UnownedJob? {
            if outgoing.isEmpty {
                swap(&incoming, &outgoing)
                outgoing.reverse()
            }
            return outgoing.popLast()
        }
    }

    private let state = Mutex(State())
    private let wake = DispatchSemaphore(value: 0)
    private let mostThreads: Int
    private let logger: Logger

    init(mostThreads: Int, logger: Logger) {
        let first = max(2, ProcessInfo.processInfo.activeProcessorCount)
        self.mostThreads = max(mostThreads, first)
        self.logger = logger
        for _ in 0..<first { addThread() }
    }

    func enqueue(_ job: UnownedJob) {
        let (mustWake, mustAdd) = state.withLock { state in
            state.jobs.append(job)
            if state.threads == 0 { return (false, true) }
            guard state.sleeping > 0 else { return (false, false) }
            state.sleeping -= 1
            return (true, false)
        }
        if mustWake { wake.signal() }
        if mustAdd { addThread() }
    }

    func enqueue(_ job: consuming ExecutorJob) { enqueue(UnownedJob(job)) }

    /// Checks every second whether handlers block all threads, until the returned task is cancelled.
    func watch(on eventLoop: any EventLoop) -> RepeatedTask {
        let before = Mutex<UInt64?>(nil)
        return eventLoop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { [self] _ in
            let stuck: UInt64? = state.withLock { $0.jobs.isEmpty ? nil : $0.taken }
            let isStuck = before.withLock { before in
                defer { before = stuck }
                return stuck != nil && before == stuck
            }
            if isStuck { relieve() }
        }
    }

    private func relieve() {
        let threads = state.withLock { $0.threads }
        guard threads < mostThreads else {
            logger.error("handlers block all \(threads) threads: nothing starts until one of them returns")
            return
        }
        logger.warning("handlers have blocked all threads for a second: adding one", metadata: ["threads": "\(threads + 1)"])
        addThread()
    }

    /// Lets the threads end when the queue is empty. A handler that was abandoned and returns later still finds a thread.
    func stop() {
        let threads = state.withLock { state in
            state.isStopped = true
            state.sleeping = 0
            return state.threads
        }
        for _ in 0..<threads { wake.signal() }
    }

    private func addThread() {
        state.withLock { $0.threads += 1 }
        let thread = Thread { [self] in work() }
        thread.name = "sluice-handler"
        thread.stackSize = 4 << 20
        thread.start()
    }

    private enum Next {
        case job(UnownedJob), sleep, end
    }

    private func work() {
        while true {
            switch next() {
            case .job(let job): job.runSynchronously(on: asUnownedTaskExecutor())
            case .sleep: wake.wait()
            case .end: return
            }
        }
    }

    private func next() -> Next {
        state.withLock { state in
            if let job = state.jobs.popFirst() {
                state.taken &+= 1
                return .job(job)
            }
            if state.isStopped {
                state.threads -= 1
                return .end
            }
            state.sleeping += 1
            return .sleep
        }
    }
}
