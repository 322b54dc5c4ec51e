import NIOCore
import SluiceCore
import Synchronization

/// What a runner sees of the chunks of one kind. Its clock is the runner's, and it is the runner that starts what has gathered.
protocol ChunkGathering: Sendable {
    /// Chunks that are full, or have gathered long enough; and when the next one will have.
    func take(at now: NIODeadline) -> (ready: [any StartableChunk], next: NIODeadline?)

    /// From now on nothing is waited for. The runner has to look once more.
    func stop()

    /// Cancels what runs.
    func cancel()
}

/// A chunk that waits for somebody to start it.
protocol StartableChunk: Sendable {
    func start(on executor: HandlerExecutor)
}

/// Gathers the runs of one kind in one queue of a worker into chunks. Each run has a task of its own, with the middleware around
/// it, in which it waits for its outcome; so a run that is cancelled leaves by itself.
final class ChunkGatherer<Kind: Job>: ChunkGathering {
    private struct Forming {
        var seats: [ChunkSeat<Kind>] = []
        var ends: NIODeadline
    }

    private struct State {
        /// By partition.
        var forming: [String?: Forming] = [:]
        var ready: [ChunkRun<Kind>] = []
        /// What is ready or runs, by each of its seats.
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

    /// Takes part in a chunk, and returns what the handler says of this member.
    /// - Throws: what the handler threw; `CancellationError` as soon as the task is cancelled, whatever the handler does.
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

    /// Returns whether the runner has to look: at a new time, or at a chunk that is full.
    private func add(_ seat: ChunkSeat<Kind>) -> Bool {
        let key = rules.partition.flatMap { seat.context.partitions.values[$0] }
        return state.withLock { state in
            // One that was cancelled before it came has left already.
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
