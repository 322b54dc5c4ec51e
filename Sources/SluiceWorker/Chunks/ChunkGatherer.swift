import NIOCore
import SluiceCore
import Synchronization

/// A runner's view of the chunks of one kind. The runner keeps the time, and starts the chunks that are ready.
protocol ChunkGathering: Sendable {
    /// The chunks that are full or have gathered long enough, and when the next one will be ready.
    func take(at now: NIODeadline) -> (ready: [any StartableChunk], next: NIODeadline?)

    /// Ends the gathering: every chunk is ready at once from now on. The runner has to look once more.
    func stop()

    /// Cancels the running chunks.
    func cancel()
}

/// A chunk that is ready to start.
protocol StartableChunk: Sendable {
    func start(on executor: HandlerExecutor)
}

/// Gathers the runs of one kind in one queue of a worker into chunks. Each run has its own task, with the middleware around it,
/// in which it waits for its outcome. So a cancelled run leaves by itself.
final class ChunkGatherer<Kind: Job>: ChunkGathering {
    private struct Forming {
        var seats: [ChunkSeat<Kind>] = []
        var ends: NIODeadline
    }

    private struct State {
        /// The chunks that still gather, by the value of the partition.
        var forming: [String?: Forming] = [:]
        var ready: [ChunkRun<Kind>] = []
        /// The chunks that are ready or running, by each of their seats.
        var running: [ObjectIdentifier: ChunkRun<Kind>] = [:]
        var isStopping = false
    }

    private let rules: ChunkRules
    private let body: ChunkRun<Kind>.Body
    private let state = Mutex(State())

    init(_ rules: ChunkRules, body: @escaping ChunkRun<Kind>.Body) {
        self.rules = rules
        self.body = body
    }

    /// Joins a chunk, and returns the outcome that the handler gives this member.
    /// - Throws: The error of the handler; `CancellationError` as soon as the task is cancelled, whatever the handler does.
    func join(_ job: Kind, _ context: JobContext) async throws -> JobResult {
        let seat = ChunkSeat(job, context)
        return try await withTaskCancellationHandler {
            if add(seat) { context.ticket?.ring() }
            return try await seat.outcome()
        } onCancel: {
            leave(seat)
        }
    }

    func take(at now: NIODeadline) -> (ready: [any StartableChunk], next: NIODeadline?) {
        state.withLock { state in
            for (key, forming) in state.forming where forming.ends <= now { close(forming, key, &state) }
            let ready = state.ready
            state.ready = []
            return (ready, state.forming.values.map(\.ends).min())
        }
    }

    func stop() {
        state.withLock { state in
            state.isStopping = true
            for key in state.forming.keys { state.forming[key]?.ends = .now() }
        }
    }

    func cancel() {
        let running = state.withLock { Array($0.running.values) }
        for run in running { run.cancel() }
    }

    /// Returns whether the runner has to look, because of a new deadline or a full chunk.
    private func add(_ seat: ChunkSeat<Kind>) -> Bool {
        let key = rules.partition.flatMap { seat.context.partitions.values[$0] }
        return state.withLock { state in
            // A member that was cancelled before this point has left already.
            guard seat.isOpen else { return false }
            var forming = state.forming[key] ?? Forming(ends: .now() + (state.isStopping ? .zero : TimeAmount(rules.wait)))
            forming.seats.append(seat)
            state.forming[key] = forming
            if forming.seats.count >= rules.size { close(forming, key, &state) }
            return forming.seats.count == 1 || forming.seats.count >= rules.size
        }
    }

    private func close(_ forming: Forming, _ key: String?, _ state: inout State) {
        state.forming[key] = nil
        let run = ChunkRun(forming.seats, partition: key, body: body) { [weak self] in self?.ended($0) }
        for seat in run.seats { state.running[ObjectIdentifier(seat)] = run }
        state.ready.append(run)
    }

    private func leave(_ seat: ChunkSeat<Kind>) {
        guard seat.end(.failure(CancellationError())) else { return }
        let run: ChunkRun<Kind>? = state.withLock { state in
            if let run = state.running[ObjectIdentifier(seat)] { return run }
            for key in state.forming.keys { remove(seat, from: key, &state) }
            return nil
        }
        run?.memberLeft()
    }

    private func remove(_ seat: ChunkSeat<Kind>, from key: String?, _ state: inout State) {
        state.forming[key]?.seats.removeAll { $0 === seat }
        if state.forming[key]?.seats.isEmpty == true { state.forming[key] = nil }
    }

    private func ended(_ run: ChunkRun<Kind>) {
        state.withLock { state in
            for seat in run.seats { state.running[ObjectIdentifier(seat)] = nil }
        }
    }
}
