import SluiceCore
import SluiceStore

/// Visits the jobs of a queue in bounded steps, state by state. If its task is cancelled, it stops between two steps.
struct Sweeper {
    /// Receives each step and the progress after it.
    typealias OnStep = (Sweep.Reply, BulkProgress) async -> Void

    let store: Store
    let relay: Relay
    let queue: QueueName
    let sweep: Sweep
    let states: [JobState]
    let limit: Int?
    let isCounting: Bool

    private(set) var progress = BulkProgress()
    /// The start time, as the first step returned it. A job that a step has moved is not visited again in its new state.
    private var beginning: String?

    init(
        _ store: Store, _ relay: Relay, _ queue: QueueName, _ change: JobChange, _ filter: BulkFilter, isCounting: Bool
    ) throws(SluiceError) {
        self.store = store
        self.relay = relay
        self.queue = queue
        self.sweep = try filter.sweep(for: change)
        self.states = (filter.states ?? change.usualStates).uniqued
        self.limit = filter.limit
        self.isCounting = isCounting
    }

    /// Whether to stop early.
    private var isOver: Bool { Task.isCancelled || limit.map { progress.matched >= $0 } ?? false }

    mutating func run(_ onStep: OnStep) async throws(SluiceError) -> BulkProgress {
        let status = QueueStatus(queue, reply: try await call(Status()))
        progress.expected = states.reduce(0) { $0 + status.states[$1, default: 0] }
        for state in states {
            if isOver { return progress }
            if state == .available { try await throughLanes(onStep) } else { try await through(state, onStep) }
        }
        progress.isComplete = !isOver
        return progress
    }

    private mutating func through(_ state: JobState, _ onStep: OnStep) async throws(SluiceError) {
        var place = Sweep.Place(state)
        place.bound = firstBound
        repeat {
            let reply = try await step(place, onStep)
            (place.cursor, place.bound) = (reply.cursor, reply.bound)
        } while !place.cursor.isEmpty && !isOver
    }

    /// Available jobs are in the sets of their lanes. Each lane is visited once, even if several pages list it.
    private mutating func throughLanes(_ onStep: OnStep) async throws(SluiceError) {
        var seen: Set<String> = []
        var cursor: String? = "0"
        while let at = cursor, !isOver {
            let page = try await call(LanesWhere(cursor: at, parts: sweep.parts))
            begin(page.bound)
            try await through(page.lanes.filter { seen.insert($0).inserted }, onStep)
            cursor = page.cursor
        }
    }

    private mutating func through(_ lanes: [String], _ onStep: OnStep) async throws(SluiceError) {
        var rest = lanes[...]
        var place = Sweep.Place(.available)
        place.bound = firstBound
        while !rest.isEmpty, !isOver {
            place.lanes = Array(rest.prefix(LanesWhere.perStep))
            let reply = try await step(place, onStep)
            rest = rest.dropFirst(reply.lanes)
            place.cursor = reply.cursor
        }
    }

    private mutating func begin(_ bound: String) {
        if beginning == nil { beginning = bound.split(separator: " ").prefix(2).joined(separator: " ") }
    }

    /// The bound of the first step in a state.
    private var firstBound: String { beginning.map { $0 + " ?" } ?? "" }

    private mutating func step(_ place: Sweep.Place, _ onStep: OnStep) async throws(SluiceError) -> Sweep.Reply {
        var place = place
        if let limit { place.most = limit - progress.matched }
        let reply =
            isCounting ? try await call(CountWhere(sweep, at: place)) : try await call(ChangeWhere(sweep, at: place))
        progress.add(reply)
        begin(reply.bound)
        // The messages of this step are relayed even if the task is cancelled.
        if !isCounting, reply.changed > 0 { await Task { [relay, queue] in await relay.relay(queue) }.value }
        await onStep(reply, progress)
        return reply
    }

    /// Makes a call and reads its reply even if the task is cancelled meanwhile.
    private func call<Function: StoreFunction>(_ function: Function) async throws(SluiceError) -> Function.Reply {
        let result = await Task { [store, queue] in
            do throws(SluiceError) {
                return Result<Function.Reply, SluiceError>.success(try await store.call(function, on: queue))
            } catch {
                return .failure(error)
            }
        }.value
        return try result.get()
    }
}
