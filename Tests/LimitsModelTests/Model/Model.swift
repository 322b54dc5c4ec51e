/// A queue with lanes and gates as its documentation describes it, without any of the indexes that make it fast: what should be
/// visible after each operation. Of a claim it does not say which jobs come, but judges those that came.
struct Model {
    struct Worker {
        var lease: Int
        var ends: Int
        /// Whether it was given more time, after a silence of all, since it called last.
        var isGraced = false
    }

    /// What a lane reserved at its gates.
    struct Reservation: Equatable {
        var lane: Int
        var until: Int
    }

    /// What is wrong; empty as long as model and library agree.
    var faults: [String] = []

    /// With so many jobs a reply may be full.
    var mostInReply = Int.max
    var now: Int
    var book = LimitBook()
    var off: Set<String> = []
    var isPaused = false
    var jobs: [Int: ModelJob] = [:]
    /// Runnable jobs in the order of their places, by lane.
    var waiting = World.lanes.map { _ in [Int]() }
    var running: Set<Int> = []
    var workers: [String: Worker] = [:]
    var rates = World.gates.map { _ in RateLog() }
    var queueRate = RateLog()
    var breakers = World.gates.map { _ in BreakerState() }
    /// As the library told it after the last operation.
    var reservation: Reservation?
    /// The parts of each lane that are gates now.
    private(set) var gates = World.lanes.map { _ in [World.Part]() }
    /// Jobs taken from each lane in the usual order since one was taken out of it.
    var inOrder = World.lanes.map { _ in 0 }
    private var lastPlace = 0
    private var lastBeat: Int?

    init(now: Int) {
        self.now = now
        limitsChanged()
    }

    mutating func fault(_ text: String) { faults.append(text) }

    // MARK: limits

    /// What is declared, overridden or switched has changed: new gates hold those who run already.
    mutating func limitsChanged(newDimensions: Set<String> = []) {
        for (lane, parts) in zip(World.lanes.indices, World.lanes.map(\.parts)) {
            gates[lane] = parts.filter {
                $0.isNeed ? !(off.contains($0.dimension) && $0.runsWithout) : book.dimensions.contains($0.dimension)
            }
        }
        for gate in rates.indices { rates[gate].use(book.gates[gate].rate) }
        queueRate.use(book.queue.rate)
        if newDimensions.isEmpty { return }
        for id in running {
            guard let job = jobs[id] else { continue }
            for part in World.lanes[job.lane].parts where !part.isNeed && newDimensions.contains(part.dimension) {
                if !job.held.contains(part.gate) { jobs[id]?.held.append(part.gate) }
            }
        }
    }

    /// Changes what is declared or overridden.
    mutating func change(_ body: (inout LimitBook) -> Void) {
        let before = book.dimensions
        body(&book)
        limitsChanged(newDimensions: book.dimensions.subtracting(before))
    }

    /// How many jobs hold a place at each gate.
    func occupancy() -> [Int] {
        var counts = World.gates.map { _ in 0 }
        for id in running {
            for gate in jobs[id]?.held ?? [] { counts[gate] += 1 }
        }
        return counts
    }

    // MARK: places

    private mutating func newPlace(_ priority: Int) -> Int {
        lastPlace += 1
        return priority << 40 + lastPlace
    }

    static func priority(_ place: Int) -> Int { place >> 40 }

    /// Makes jobs runnable, each where it stood or at a new place.
    mutating func enter(_ ids: [Int]) {
        for id in ids {
            guard var job = jobs[id] else { continue }
            let place = job.place ?? newPlace(job.priority)
            job.state = .available
            job.place = place
            job.due = nil
            job.isSuspect = false
            jobs[id] = job
            let lane = waiting[job.lane]
            let at = lane.firstIndex { jobs[$0]?.place ?? 0 > place } ?? lane.endIndex
            waiting[job.lane].insert(id, at: at)
        }
    }

    /// A job waits for a time.
    mutating func postpone(_ id: Int, _ state: ModelJob.State, due: Int?, keepsPlace: Bool) {
        jobs[id]?.state = state
        jobs[id]?.due = due
        if !keepsPlace { jobs[id]?.place = nil }
    }

    /// Moves what is due to its lanes.
    mutating func promote() {
        for state in [ModelJob.State.scheduled, .retryable] {
            var due: [(due: Int, id: Int)] = []
            for job in jobs.values where job.state == state {
                if let time = job.due, time <= now { due.append((time, job.id)) }
            }
            due.sort { ($0.due, $0.id) < ($1.due, $1.id) }
            enter(due.map(\.id))
        }
    }

    /// A job is over for good; completed ones are not kept.
    mutating func end(_ id: Int, _ state: ModelJob.State?) {
        jobs[id]?.state = state ?? .discarded
        if state == nil { jobs[id] = nil }
    }

    // MARK: runs

    /// A run is over: its places are free.
    mutating func leave(_ id: Int, completed: Bool = false) {
        running.remove(id)
        for gate in jobs[id]?.held ?? [] { breakers[gate].end(id, completed: completed) }
        jobs[id]?.held = []
        jobs[id]?.worker = ""
        jobs[id]?.isToCancel = false
    }

    func held(by worker: String) -> [Int] { running.filter { jobs[$0]?.worker == worker }.sorted() }

    // MARK: workers

    /// A worker called. Returns for how long nobody had, nil if nobody ever did.
    mutating func beat(_ worker: String) -> Int? {
        let silence = lastBeat.map { now - $0 }
        lastBeat = now
        if let lease = workers[worker]?.lease { workers[worker] = Worker(lease: lease, ends: now + lease) }
        return silence
    }

    /// Takes back what dead workers ran; but a long silence of everybody was no death.
    mutating func reclaim(silence: Int, lease: Int) {
        let ended = workers.filter { $0.value.ends <= now }.keys.sorted()
        if silence * 3 > lease * 2 {
            for name in ended where workers[name]?.isGraced == false {
                workers[name]?.isGraced = true
                workers[name]?.ends = now + 5000
            }
            return
        }
        for name in ended {
            for id in held(by: name) { crash(id) }
            workers[name] = nil
        }
    }

    private mutating func crash(_ id: Int) {
        guard var job = jobs[id] else { return }
        job.crashes = now - job.started >= 600_000 ? 1 : job.crashes + 1
        job.died = job.fence
        jobs[id] = job
        if job.isToCancel {
            end(id, .cancelled)
        } else if job.crashes >= 5 {
            end(id, .discarded)
        } else if job.crashes == 1 {
            enter([id])
        } else {
            postpone(id, .retryable, due: nil, keepsPlace: true)
            jobs[id]?.isSuspect = true
        }
        leave(id)
    }

    /// A worker lists a run that was taken from it: it was not dead, and the job takes its crash back.
    mutating func comeBack(_ id: Int, _ fence: Int) {
        guard var job = jobs[id], job.died == fence, job.lapses < 20, job.state != .discarded else { return }
        job.died = nil
        job.lapses += 1
        job.crashes -= 1
        if job.isSuspect, job.state == .retryable {
            job.due = now
            job.isSuspect = false
        }
        jobs[id] = job
    }
}
