import Hiredis
import SluiceTesting

/// What happens next in a run, by chance; and the workers that it happens to.
struct Choices {
    private var random: SplitMix
    private var workers: [SimulatedWorker] = []
    private var arrived = 0
    private var lastID = 0
    /// Some runs change limits all the time, some hardly ever.
    private let restlessness: Int
    /// Some runs have few lanes and two busy gates, with one place at most free at a time: there reservations matter.
    private let isCrowded: Bool
    /// Some runs are audited after each step.
    private let isThorough: Bool

    init(seed: UInt64) {
        random = SplitMix(seed: seed)
        restlessness = [2, 5, 9].randomElement(using: &random) ?? 5
        isCrowded = seed % 4 == 1
        isThorough = seed % 8 < 2
    }

    private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    private mutating func one<T>(_ list: [T]) -> T { list[Int.random(in: 0..<list.count, using: &random)] }

    // MARK: workers

    /// A new worker.
    mutating func arrival() -> Operation {
        arrived += 1
        var worker = SimulatedWorker("w\(arrived)", lease: one([60_000, 120_000]))
        let call = worker.nextSession()
        workers.append(worker)
        return .resync(call, lease: worker.lease, [])
    }

    /// Tells the worker that called what the answer was.
    mutating func hear(_ operation: Operation, _ reply: RedisValue) {
        switch operation {
        case .cycle(let call, _, let settlements):
            guard let at = workers.firstIndex(where: { $0.name == call.worker }) else { return }
            let settled = settlements.flatMap(\.ids)
            workers[at].runs.removeAll { settled.contains($0.id) }
            let fence = reply[0][1].integer ?? 0
            workers[at].runs += reply[3].elements.map { (ModelJob.id($0.string ?? ""), fence) }
            workers[at].hasToResync = reply[0][4].integer == 1
        case .resync(let call, _, let runs):
            guard let at = workers.firstIndex(where: { $0.name == call.worker }) else { return }
            let lost = reply[2].elements.map { ModelJob.id($0.string ?? "") }
            workers[at].runs = runs.filter { !lost.contains($0.id) }
            workers[at].hasToResync = false
        case .enqueue, .pass, .declare, .override, .restore, .turn, .change, .pause, .resume: break
        }
    }

    // MARK: steps

    /// What happens next.
    mutating func next(_ model: Model) -> Operation {
        if let lost = workers.indices.first(where: { workers[$0].hasToResync }) { return resync(lost, keeping: 100) }
        if model.isPaused, chance(20) { return .resume }
        if isCrowded, chance(model.reservation == nil ? 99 : 95) { return nextInCrowd(model) }
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<24: return model.jobs.count < 40 ? enqueue() : cycle()
        case 24..<67: return cycle()
        case 67..<78: return .pass(one([1, 60, 500, 1000, 5000, 20_000, 31_000, 61_000]))
        case 78..<80: return changeJobs()
        case 80: return emptyLane(model)
        case 81:
            // Nobody hears of this worker again.
            workers.remove(at: Int.random(in: 0..<workers.count, using: &random))
            return arrival()
        case 82: return resync(Int.random(in: 0..<workers.count, using: &random), keeping: 60)
        default: return chance(restlessness * 10) ? changeLimits(model) : cycle()
        }
    }

    /// What is freed is asked for, until a lane has reserved: then there may be places left, and more happens.
    private mutating func nextInCrowd(_ model: Model) -> Operation {
        let declared = model.book.declared
        if declared["concurrency/a"] == nil || declared["concurrency/h"] == nil { return crowd(model) }
        if model.withholdsPlace, chance(35) { return disturb(model) }
        if !model.book.overrides.isEmpty, chance(15) { return .restore(model.book.overrides.keys.sorted()[0]) }
        if World.crowded.contains(where: { model.waiting[$0].count < 2 }), chance(60) { return enqueue() }
        if model.reservation == nil, chance(97) { return cycleOfOne(isGreedy: true) }
        switch Int.random(in: 0..<10, using: &random) {
        case 0: return enqueue()
        case 1..<8: return cycleOfOne(isGreedy: false)
        case 8: return .pass(one([500, 5000, 20_000, 61_000]))
        default: return chance(30) ? emptyLane(model) : changeJobs()
        }
    }

    /// Limits two gates, sometimes one of them in other ways too.
    private mutating func crowd(_ model: Model) -> Operation {
        var limits = ["concurrency/a": one(["1", "2"]), "concurrency/h": one(["1", "2"])]
        if chance(20) { limits["rate/h"] = "40/61000" }
        if chance(40) { limits["breaker/h"] = "2/60000/30000" }
        return .declare(deploy: (model.book.deploy ?? 0) + 1, limits)
    }

    /// Something ends a reservation, or frees places beside it.
    private mutating func disturb(_ model: Model) -> Operation {
        switch Int.random(in: 0..<8, using: &random) {
        case 0: return .pass(61_000)
        case 1, 2: return emptyLane(model)
        case 3:
            let at = Int.random(in: 0..<workers.count, using: &random)
            return cycle(at, demand: 4, workers[at].runs.map { ($0.id, $0.fence, .unavailable("h", asked: 4000, most: 0)) })
        default:
            // One place more where it is missing.
            let occupancy = model.occupancy()
            let full = ["a=1", "h=x"].filter { gate in
                let gate = World.gate(gate)
                return model.book.gates[gate].concurrency ?? .max <= occupancy[gate]
            }
            guard let gate = full.first else { return .restore("concurrency/h") }
            return .override("concurrency/" + gate.prefix(1), "\(occupancy[World.gate(gate)] + 1)", 3000)
        }
    }

    /// All runnable jobs of a lane go, often of the one that has the reservation.
    private mutating func emptyLane(_ model: Model) -> Operation {
        if let lane = model.reservation?.lane, chance(50), !model.waiting[lane].isEmpty {
            return .change(.cancel, delay: 0, model.waiting[lane])
        }
        let lane = one(model.waiting.filter { !$0.isEmpty } + [[job()]])
        return .change(one([.cancel, .delete, .reschedule]), delay: 5000, lane)
    }

    private mutating func enqueue() -> Operation {
        let most = min(Int.random(in: 1...5, using: &random), ModelJob.count - 1 - lastID)
        let lanes = isCrowded ? World.crowded : Array(World.lanes.indices)
        return .enqueue(
            (0..<most).map { _ in
                lastID += 1
                return Operation.New(
                    id: lastID, lane: one(lanes),
                    priority: isCrowded && chance(80) ? 5 : one([5, 5, 5, 5, 5, 0, 7, 9]),
                    delay: chance(10) ? one([500, 8000]) : 0)
            })
    }

    private mutating func cycle() -> Operation {
        let at = Int.random(in: 0..<workers.count, using: &random)
        let ends = workers[at].runs.filter { _ in chance(50) }
        return cycle(at, demand: Int.random(in: 0...7, using: &random), ends.map { ($0.id, $0.fence, ending()) })
    }

    /// One run ends, mostly, if one runs there, and more is asked for than its place if it is greedy, else seldom.
    private mutating func cycleOfOne(isGreedy: Bool) -> Operation {
        let busy = workers.indices.filter { !workers[$0].runs.isEmpty }
        let at = one(busy.isEmpty || chance(10) ? Array(workers.indices) : busy)
        let end = workers[at].runs.randomElement(using: &random).map { ($0.id, $0.fence, chance(90) ? .completed : ending()) }
        let ends = chance(isGreedy ? 90 : 50) ? end.map { [$0] } ?? [] : []
        return cycle(at, demand: isGreedy ? 4 : one([0, 1, 1, 1, 2, 4]), ends)
    }

    private mutating func ending() -> Operation.Ending {
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<9: .completed
        case 9: .retry(3000)
        case 10: .snooze(2000)
        case 11, 12: .release
        case 13: .wait(base: 1000, cap: 5000)
        case 14..<18: .unavailable(one(["dep", "img", "h", "h", "zz"]), asked: one([0, 0, 0, 4000]), most: one([0, 0, 3]))
        case 18: .discarded
        default: .cancelled
        }
    }

    private mutating func cycle(_ at: Int, demand: Int, _ ends: [(Int, Int, Operation.Ending)]) -> Operation {
        var settlements: [Operation.Settlement] = []
        for (id, fence, ending) in ends {
            if case .completed = ending,
                let like = settlements.firstIndex(where: { $0.fence == fence && $0.ending.isCompleted })
            {
                settlements[like].ids.append(id)
            } else {
                settlements.append(Operation.Settlement(fence: fence, ending: ending, ids: [id]))
            }
        }
        return .cycle(workers[at].nextCall(), demand: demand, settlements)
    }

    private mutating func resync(_ at: Int, keeping percent: Int) -> Operation {
        let kept = workers[at].runs.filter { _ in chance(percent) }
        return .resync(workers[at].nextSession(), lease: workers[at].lease, kept)
    }

    private mutating func changeJobs() -> Operation {
        let ids = Set((0..<3).map { _ in job() }).sorted()
        return .change(one([.cancel, .retry, .delete, .reschedule]), delay: one([0, 2000]), ids)
    }

    // MARK: limits

    private static let declarations: [(name: String, values: [String])] = [
        ("concurrency", ["3", "6"]), ("concurrency/a", ["1", "2"]), ("concurrency/h", ["1", "2"]), ("concurrency/u", ["1"]),
        ("rate", ["15/61000"]), ("rate/h", ["6/90000", "4/61000/5000"]), ("breaker/h", ["2/9000/4000", "1/60000/30000"]),
        ("concurrency/dep", ["1", "2"]), ("rate/dep", ["4/70000"]), ("concurrency/a=2", ["1", "3"]), ("weight/a=1", ["5"]),
        ("breaker/img", ["1/1000/9000"]),
    ]
    private static let overrides: [(name: String, values: [String])] = [
        ("concurrency", ["none", "1", "2", "4"]), ("concurrency/a", ["none", "1", "2", "4"]),
        ("concurrency/a=1", ["none", "1", "2", "4"]), ("concurrency/h=x", ["none", "1", "2"]),
        ("rate/h=x", ["none", "2/62000", "7/120000"]), ("rate/h", ["none", "3/61000"]), ("rate", ["none", "9/61000"]),
        ("weight/a=1", ["none", "3"]), ("concurrency/dep", ["none", "1", "2"]), ("breaker/h", ["none", "1/1000/20000"]),
        ("breaker/h=x", ["none", "1/5000/8000"]), ("rate/dep", ["none", "2/61000"]),
    ]

    private mutating func changeLimits(_ model: Model) -> Operation {
        switch Int.random(in: 0..<16, using: &random) {
        case 0..<6: return declare(model)
        case 6..<10:
            let (name, values) = one(Self.overrides)
            return .override(name, one(values), one([0, 3000, 10_000, 70_000]))
        case 10, 11:
            return .restore(model.book.overrides.keys.sorted().randomElement(using: &random) ?? "concurrency/a")
        case 12: return .pause
        default: return .turn(one(World.dependencies), isOn: chance(60))
        }
    }

    private mutating func declare(_ model: Model) -> Operation {
        var limits: [String: String] = [:]
        for (name, values) in Self.declarations where chance(40) { limits[name] = one(values) }
        return .declare(deploy: (model.book.deploy ?? 0) + one([0, 1, 1, 1]), chance(10) ? model.book.declared : limits)
    }

    /// Any job, perhaps one that is not there.
    mutating func job() -> Int { Int.random(in: max(0, lastID - 40)...lastID + 1, using: &random) }

    /// Whether to look at more than what has to be compared each time.
    mutating func isToLook() -> Bool { chance(30) }

    mutating func isToAudit() -> Bool { isThorough || chance(20) }

    // MARK: the end

    /// Everything that stands in the way of work goes.
    mutating func lifting(_ model: Model) -> [Operation] {
        [.resume, .declare(deploy: (model.book.deploy ?? 0) + 1, [:])]
            + model.book.overrides.keys.sorted().map { .restore($0) } + World.dependencies.map { .turn($0, isOn: true) }
    }

    /// All workers settle all they have and take what they can; then time passes.
    mutating func working(_ model: Model) -> [Operation] {
        workers.indices.map { at in
            workers[at].hasToResync
                ? resync(at, keeping: 100) : cycle(at, demand: 50, workers[at].runs.map { ($0.id, $0.fence, .completed) })
        } + [.pass(19_000)]
    }
}

extension Operation.Ending {
    fileprivate var isCompleted: Bool {
        if case .completed = self { return true }
        return false
    }
}
