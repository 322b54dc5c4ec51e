/// Judging a claim.
extension Model {
    /// Something that keeps a lane from running, by the code that `explain` has for it.
    struct Obstacle: Equatable {
        var code: String
        /// Position of a gate.
        var gate: Int?
        /// Not so for what depends on a rate whose numbers have just changed.
        var isCertain = true
    }

    /// What the queue as a whole has against a start.
    func obstacles() -> [Obstacle] {
        var found: [Obstacle] = []
        if isPaused { found.append(Obstacle(code: "paused")) }
        if let limit = book.queue.concurrency, running.count >= limit { found.append(Obstacle(code: "queue_concurrency")) }
        if let rate = book.queue.rate, let isCertain = isFull(queueRate, rate) {
            found.append(Obstacle(code: "queue_rate", isCertain: isCertain))
        }
        return found
    }

    /// What the gates of a lane have against a start, in the order of the gates.
    func obstacles(to lane: Int, _ occupancy: [Int], _ reservation: Reservation?) -> [Obstacle] {
        var found: [Obstacle] = []
        for part in gates[lane] {
            let gate = part.gate
            let caps = book.gates[gate]
            if part.isNeed, off.contains(part.dimension) { found.append(Obstacle(code: "off", gate: gate)) }
            if caps.breaker != nil, !breakers[gate].admits(at: now) { found.append(Obstacle(code: "breaker", gate: gate)) }
            if let rate = caps.rate, let isCertain = isFull(rates[gate], rate) {
                found.append(Obstacle(code: "gate_rate", gate: gate, isCertain: isCertain))
            }
            guard let limit = caps.concurrency else { continue }
            if occupancy[gate] >= limit {
                found.append(Obstacle(code: "gate_concurrency", gate: gate))
            } else if occupancy[gate] + 1 >= limit, withholds(reservation, gate, from: lane) {
                found.append(Obstacle(code: "reserved", gate: gate))
            }
        }
        return found
    }

    /// Whether a rate has no place, and whether that is certain; nil if it surely has one.
    private func isFull(_ log: RateLog, _ rate: LimitBook.Rate) -> Bool? {
        let used = log.used(at: now)
        return used.upperBound >= rate.allowance ? used.lowerBound >= rate.allowance : nil
    }

    /// Whether the reservation keeps a place that is free.
    var withholdsPlace: Bool {
        guard let reservation, reservation.until > now else { return false }
        let occupancy = occupancy()
        return gates[reservation.lane].contains {
            book.gates[$0.gate].concurrency.map { [gate = $0.gate] in $0 > occupancy[gate] } ?? false
        }
    }

    private func withholds(_ reservation: Reservation?, _ gate: Int, from lane: Int) -> Bool {
        guard let reservation, reservation.until > now, reservation.lane != lane else { return false }
        return gates[reservation.lane].contains { $0.gate == gate }
    }

    /// Takes note of the jobs that came, in their order, and checks that each was allowed to.
    mutating func claim(_ ids: [Int], fence: Int, by worker: String, reservation after: Reservation?) {
        let standing = reservation == after ? after : nil
        for id in ids {
            guard let job = jobs[id], job.state == .available else {
                fault("\(ModelJob.text(id)) was claimed and is not available")
                continue
            }
            let found = (obstacles() + obstacles(to: job.lane, occupancy(), standing)).filter(\.isCertain)
            if !found.isEmpty {
                fault("\(ModelJob.text(id)) of \(World.lanes[job.lane].text) was claimed in spite of \(found.map(describe))")
            }
            takeFromLane(job)
            start(id, fence: fence, by: worker)
        }
    }

    /// Within a lane the best place goes first; but every 16th job is the first of another class. A job that is put back for want of
    /// room in the reply counts too: there the 16 are not counted here.
    private mutating func takeFromLane(_ job: ModelJob) {
        let lane = waiting[job.lane]
        if lane.first == job.id {
            inOrder[job.lane] += 1
        } else {
            let ownClass = lane.first { Self.priority(jobs[$0]?.place ?? 0) == Self.priority(job.place ?? 0) }
            if ownClass != job.id || mostInReply == .max && inOrder[job.lane] < 15 {
                fault("\(ModelJob.text(job.id)) came before its turn")
            }
            inOrder[job.lane] = 0
        }
        waiting[job.lane].removeAll { $0 == job.id }
    }

    private mutating func start(_ id: Int, fence: Int, by worker: String) {
        guard let lane = jobs[id]?.lane else { return }
        running.insert(id)
        jobs[id]?.state = .executing
        jobs[id]?.worker = worker
        jobs[id]?.fence = fence
        jobs[id]?.started = now
        jobs[id]?.held = gates[lane].map(\.gate)
        if let rate = book.queue.rate {
            queueRate.add(at: now, rate)
            if !queueRate.isKept(at: now) { fault("the queue's rate is exceeded") }
        }
        for part in gates[lane] {
            let caps = book.gates[part.gate]
            if caps.breaker != nil { breakers[part.gate].start(id) }
            guard let rate = caps.rate else { continue }
            rates[part.gate].add(at: now, rate)
            if !rates[part.gate].isKept(at: now) { fault("the rate of \(World.gates[part.gate]) is exceeded") }
        }
    }

    /// A reservation ends with a claim, and with the lane's last job.
    mutating func judge(_ reservation: Reservation?, claimed ids: [Int]) {
        guard let reservation, World.lanes.indices.contains(reservation.lane) else { return }
        let text = World.lanes[reservation.lane].text
        if ids.contains(where: { jobs[$0]?.lane == reservation.lane }) { fault("\(text) got jobs and keeps its reservation") }
        if waiting[reservation.lane].isEmpty { fault("\(text) has no jobs and keeps its reservation") }
    }

    /// Nor does it outlast what waiting for places cannot help against, once there are places.
    private mutating func judge(_ reservation: Reservation, _ occupancy: [Int]) {
        let found = obstacles(to: reservation.lane, occupancy, reservation)
        if found.isEmpty || found.contains(where: { $0.code == "gate_concurrency" || !$0.isCertain }) { return }
        fault("\(World.lanes[reservation.lane].text) keeps its reservation in spite of \(found.map(describe))")
    }

    /// A claim was given less than it asked for: then nothing more can have been runnable.
    mutating func expectNothingLeft(reservation: Reservation?) {
        if !obstacles().isEmpty { return }
        let occupancy = occupancy()
        if let reservation, reservation.until > now { judge(reservation, occupancy) }
        for lane in waiting.indices {
            guard let first = waiting[lane].first else { continue }
            if obstacles(to: lane, occupancy, reservation).isEmpty {
                fault("nothing was given of lane \"\(World.lanes[lane].text)\", where \(ModelJob.text(first)) could run")
            }
        }
    }

    func describe(_ obstacle: Obstacle) -> String {
        obstacle.code + (obstacle.gate.map { " " + World.gates[$0] } ?? "")
    }

    /// Names of what a job of a lane runs without.
    func without(_ lane: Int) -> String {
        World.lanes[lane].parts.filter { $0.isNeed && $0.runsWithout && off.contains($0.dimension) }
            .map(\.dimension).joined(separator: ",")
    }
}
