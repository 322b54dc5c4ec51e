import Dispatch
import Logging
import NIOCore
import NIOPosix
import SluiceTesting
import TestSupport
import Testing

@testable import SluiceWorker

@Suite(.timeLimit(.minutes(10)))
struct HandlerExecutorTests {
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    @Test func whenAllThreadsAreBlockedOneIsAddedAndNeighboursGoOn() async {
        let executor = HandlerExecutor(mostThreads: 16, logger: logger)
        let watch = executor.watch(on: MultiThreadedEventLoopGroup.singleton.next())
        let gate = DispatchSemaphore(value: 0)
        let blocked = Occurrences()
        let neighbour = Occurrences()
        let blockers = 3
        for _ in 0..<blockers {
            Task(executorPreference: executor) {
                blocked.add()
                block(on: gate)
            }
        }
        Task(executorPreference: executor) { neighbour.add() }
        await blocked.wait(for: 2)
        await neighbour.wait()
        for _ in 0..<blockers { gate.signal() }
        await blocked.wait(for: blockers)
        watch.cancel()
        executor.stop()
    }

    @Test func theBoundOfThreadsHolds() async {
        let executor = HandlerExecutor(mostThreads: 3, logger: logger)
        let watch = executor.watch(on: MultiThreadedEventLoopGroup.singleton.next())
        let gate = DispatchSemaphore(value: 0)
        let started = Occurrences()
        let ended = Occurrences()
        for _ in 0..<6 {
            Task(executorPreference: executor) {
                started.add()
                block(on: gate)
                ended.add()
            }
        }
        await started.wait(for: 3)
        #expect(started.count == 3)
        for round in 1...6 {
            gate.signal()
            await ended.wait(for: round)
        }
        watch.cancel()
        executor.stop()
    }

    @Test func manyTasksAllRunOnItsThreads() async {
        let executor = HandlerExecutor(mostThreads: 4, logger: logger)
        let sum = Recorder<Int>()
        await withTaskGroup(of: Void.self) { group in
            for number in 1...5000 {
                group.addTask(executorPreference: executor) {
                    await Task.yield()
                    sum.add(number)
                }
            }
        }
        #expect(sum.all.reduce(0, +) == 5000 * 5001 / 2)
        executor.stop()
    }

    @Test func whatComesAfterTheStopStillRuns() async {
        let executor = HandlerExecutor(mostThreads: 4, logger: logger)
        executor.stop()
        let done = Occurrences()
        for round in 1...20 {
            Task(executorPreference: executor) { done.add() }
            await done.wait(for: round)
        }
    }
}

/// Blocks the thread, as a handler should not.
func block(on gate: DispatchSemaphore) { gate.wait() }
