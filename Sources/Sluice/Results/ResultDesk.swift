import NIOCore
import SluiceCore
import SluiceStore
import Synchronization

/// Speaks with the server about the ends of jobs of one queue, for all tasks of a client. It asks once when somebody begins to
/// wait, once when the client's inbox tells of an end, and once after the connection was lost; what is to be asked while a call
/// is under way travels with the next.
actor ResultDesk: InboxReader {
    private typealias Continuation = CheckedContinuation<Result<Await.Standing, any Error>, Never>

    private struct Waiter {
        var continuation: Continuation
        var timer: Scheduled<Void>?
    }

    private struct State {
        var waiters: [JobID: [Int: Waiter]] = [:]
        var asking: Set<JobID> = []
        /// Jobs whose waiters have left.
        var forgetting: Set<JobID> = []
        var isPumping = false
        var isClosed = false
        var lastNumber = 0
        /// Why the server could not be asked the last time, if so.
        var outage: SluiceError?
    }

    private nonisolated let queue: QueueName
    nonisolated let inbox: String
    private nonisolated let client: String
    private nonisolated let store: Store
    private nonisolated let listening: InboxLoop
    private nonisolated let state = Mutex(State())
    private var failures: Int64 = 0

    nonisolated var unownedExecutor: UnownedSerialExecutor { store.eventLoop.executor.asUnownedSerialExecutor() }

    init(_ queue: QueueName, client: String, store: Store, listening: InboxLoop) {
        self.queue = queue
        self.client = client
        self.store = store
        self.listening = listening
        self.inbox = store.keys.inbox(queue, client: client)
    }

    /// Waits for the end of a job.
    nonisolated func end(of id: JobID, by deadline: NIODeadline?) async throws -> Await.Standing {
        let number = state.withLock { state in
            state.lastNumber += 1
            return state.lastNumber
        }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                enter(id, number, continuation, by: deadline)
                // Cancelled before it was there, it has not been found by the handler below.
                if Task.isCancelled { leave(id, number, CancellationError()) }
            }
        } onCancel: {
            leave(id, number, CancellationError())
        }
        return try result.get()
    }

    private nonisolated func enter(_ id: JobID, _ number: Int, _ continuation: Continuation, by deadline: NIODeadline?) {
        let isIn = state.withLock { state in
            if state.isClosed { return false }
            let timer = deadline.map { deadline in
                store.eventLoop.scheduleTask(deadline: deadline) { [weak self] () -> Void in
                    self?.expire(id, number)
                }
            }
            state.waiters[id, default: [:]][number] = Waiter(continuation: continuation, timer: timer)
            state.asking.insert(id)
            state.forgetting.remove(id)
            return true
        }
        if isIn { wake() } else { continuation.resume(returning: .failure(SluiceError(.closed, "the client was closed"))) }
    }

    private nonisolated func expire(_ id: JobID, _ number: Int) {
        leave(id, number, SluiceError.notInTime("the job \(id)", outage: state.withLock(\.outage)))
    }

    /// Lets one waiter go without an answer.
    private nonisolated func leave(_ id: JobID, _ number: Int, _ error: any Error) {
        let waiter = state.withLock { state -> Waiter? in
            guard let waiter = state.waiters[id]?.removeValue(forKey: number) else { return nil }
            if state.waiters[id]?.isEmpty == true {
                state.waiters[id] = nil
                state.asking.remove(id)
                state.forgetting.insert(id)
            }
            return waiter
        }
        guard let waiter else { return }
        waiter.timer?.cancel()
        waiter.continuation.resume(returning: .failure(error))
        wake()
    }

    /// Ends all waits.
    nonisolated func close() {
        let waiters = state.withLock { state in
            defer { state.waiters = [:] }
            state.isClosed = true
            return state.waiters.values.flatMap(\.values)
        }
        for waiter in waiters {
            waiter.timer?.cancel()
            waiter.continuation.resume(returning: .failure(SluiceError(.closed, "the client was closed")))
        }
    }

    /// Entries are `id state`; the server is asked for the rest.
    nonisolated func received(_ entries: [String]) {
        state.withLock { state in
            for entry in entries {
                let id = JobID(known: String(entry.prefix { $0 != " " }))
                if state.waiters[id] != nil { state.asking.insert(id) }
            }
        }
        wake()
    }

    nonisolated func recheck() {
        state.withLock { $0.asking.formUnion($0.waiters.keys) }
        wake()
    }

    // MARK: Calls

    private nonisolated func wake() {
        let mustPump = state.withLock { state in
            if state.isPumping || state.isClosed || state.asking.isEmpty && state.forgetting.isEmpty { return false }
            state.isPumping = true
            return true
        }
        // Ends by itself when there is nothing to ask.
        if mustPump { Task { await pump() } }
    }

    private func pump() async {
        // A reply that does not arrive may be too large: fewer are asked for.
        while let call = take(Await.mostJobs >> min(failures, 8)) {
            if !call.forgets { listening.expect(self) }
            do throws(SluiceError) {
                let standings = try await store.call(call, on: queue)
                failures = 0
                state.withLock { state in
                    state.outage = nil
                    // A reply has as much as fits.
                    for id in call.ids where !call.forgets && standings[id] == nil && state.waiters[id] != nil {
                        state.asking.insert(id)
                    }
                }
                if !call.forgets { settle(standings.mapValues { .success($0) }) }
            } catch {
                await failed(call, error)
            }
            if state.withLock({ $0.waiters.isEmpty }) { listening.dismiss(self) } else { await listening.attend(self) }
        }
    }

    /// The next call; nil, and the end of the pump, if there is none.
    private func take(_ most: Int) -> Await? {
        state.withLock { state in
            if !state.asking.isEmpty {
                let ids = Array(state.asking.prefix(max(most, 1)))
                state.asking.subtract(ids)
                return Await(client: client, ids: ids)
            }
            if !state.forgetting.isEmpty {
                let ids = Array(state.forgetting.prefix(Await.mostJobs))
                state.forgetting.subtract(ids)
                return Await(client: client, forgets: true, ids: ids)
            }
            state.isPumping = false
            return nil
        }
    }

    /// What goes by is asked again; what does not is told to those who wait. Who has been forgotten and hears all the same is
    /// not harmed.
    private func failed(_ call: Await, _ error: SluiceError) async {
        if call.forgets { return }
        guard error.isTransient else {
            return settle(Dictionary(call.ids.map { ($0, .failure(error)) }) { $1 })
        }
        state.withLock { state in
            state.outage = error
            for id in call.ids where state.waiters[id] != nil { state.asking.insert(id) }
        }
        failures += 1
        let wait: Int64 = min(20 * (1 << min(failures, 6)), 1000)
        await store.eventLoop.pause(.milliseconds(Int64.random(in: wait / 2...wait)))
    }

    private func settle(_ answers: [JobID: Result<Await.Standing, any Error>]) {
        let answered = state.withLock { state -> [(Waiter, Result<Await.Standing, any Error>)] in
            var answered: [(Waiter, Result<Await.Standing, any Error>)] = []
            for (id, answer) in answers {
                if case .success(.underWay) = answer { continue }
                for waiter in state.waiters.removeValue(forKey: id)?.values ?? [:].values { answered.append((waiter, answer)) }
            }
            return answered
        }
        for (waiter, answer) in answered {
            waiter.timer?.cancel()
            waiter.continuation.resume(returning: answer)
        }
    }
}
