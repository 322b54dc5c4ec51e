import Hiredis

/// What operators are told.
extension Model {
    /// Compares what `explain` says of a job.
    mutating func compare(explanation reply: RedisValue, of id: Int) {
        var said: [Obstacle] = []
        for reason in reply.elements { said.append(obstacle(reason)) }
        guard let job = jobs[id] else {
            if !said.isEmpty { fault("\(ModelJob.text(id)) is no more, and explain says \(said.map(describe))") }
            return
        }
        guard job.state == .available else { return compare(said, of: job) }
        let isNext = said.map(\.code) == ["next"]
        // How lanes stand among each other is not the model's business.
        said.removeAll { ["parked", "lanes_ahead", "next"].contains($0.code) }
        var expected = obstacles() + obstacles(to: job.lane, occupancy(), reservation)
        if waiting[job.lane].first != id { expected.append(Obstacle(code: "position")) }
        if !workers.values.contains(where: { $0.ends >= now }) { expected.append(Obstacle(code: "no_worker")) }
        let uncertain = expected.filter { !$0.isCertain }
        said.removeAll { one in uncertain.contains { $0.code == one.code && $0.gate == one.gate } }
        expected.removeAll { !$0.isCertain }
        if said != expected {
            fault("\(ModelJob.text(id)): explain says \(said.map(describe)), not \(expected.map(describe))")
        }
        if isNext, !expected.isEmpty { fault("\(ModelJob.text(id)) is not next") }
    }

    private mutating func compare(_ said: [Obstacle], of job: ModelJob) {
        let expected =
            switch job.state {
            case .available: ""
            case .executing: (workers[job.worker]?.ends ?? 0) <= now ? "executing dead_worker" : "executing"
            case .scheduled, .retryable: job.isSuspect ? "scheduled suspect" : "scheduled"
            case .cancelled, .discarded: "ended"
            }
        let codes = said.map(\.code).joined(separator: " ")
        if codes != expected { fault("\(ModelJob.text(job.id)): explain says \(codes), not \(expected)") }
    }

    private func obstacle(_ reason: RedisValue) -> Obstacle {
        let detail = reason[1].string ?? ""
        var found = Obstacle(code: reason[0].string ?? "")
        for key in [#""gate":""#, #""dependency":""#] {
            let parts = detail.split(separator: key, maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { found.gate = World.gate(parts[1].prefix { $0 != "\"" }) }
        }
        return found
    }

    /// Compares what `limits` says.
    mutating func compare(limits reply: RedisValue) {
        let fields = reply.dictionary
        if fields["running"]?.integer != running.count { fault("limits counts other jobs that run") }
        if texts(fields["declared"]) != book.declared { fault("limits says other declarations: \(texts(fields["declared"]))") }
        if texts(fields["effective"]) != book.effective {
            fault("limits says \(texts(fields["effective"])) holds, not \(book.effective)")
        }
        if (fields["overrides"]?.count ?? 0) != 3 * book.overrides.count { fault("limits says other overrides") }
        if fields["migrating"]?.integer != 0 { fault("limits says that a change is not worked in yet") }
        let occupancy = occupancy()
        var named: Set<Int> = []
        for row in fields["gates"]?.elements.map({ $0 }) ?? [] {
            let gate = World.gate(row[0].string ?? "")
            named.insert(gate)
            compare(row, gate, members: occupancy[gate])
        }
        for gate in occupancy.indices where occupancy[gate] > 0 && !named.contains(gate) {
            fault("limits does not name \(World.gates[gate])")
        }
    }

    private mutating func compare(_ row: RedisValue, _ gate: Int, members: Int) {
        let caps = book.gates[gate]
        let breaker = breakers[gate]
        let said = [row[1].integer ?? 0, row[2].integer ?? 0, row[5].integer ?? 0, row[8].integer ?? 0]
        let expected = [
            members, caps.concurrency ?? -1, caps.rate?.allowance ?? -1, caps.breaker == nil ? 0 : breaker.until ?? 0,
        ]
        let state = caps.breaker == nil ? "" : breaker.name(at: now)
        if said != expected || row[7].string != state {
            fault("limits says \(said) \(row[7].string ?? "") of \(World.gates[gate]), not \(expected) \(state)")
        }
        let used = caps.rate == nil ? -1...(-1) : rates[gate].used(at: now)
        if !used.contains(row[4].integer ?? -2) {
            fault("limits says that \(row[4].integer ?? 0) claims of \(World.gates[gate]) count, not \(used)")
        }
    }

    /// Compares what `dependencies` says: each that is off, that jobs need, or that is left alone.
    mutating func compare(dependencies reply: RedisValue) {
        let busy = running.compactMap { jobs[$0]?.lane } + waiting.indices.filter { !waiting[$0].isEmpty }
        let needed = Set(busy.flatMap { World.lanes[$0].parts.filter(\.isNeed).map(\.dimension) })
        let occupancy = occupancy()
        var rest = World.dependencies.filter { name in
            off.contains(name) || needed.contains(name) || breakers[World.gate(name)].name(at: now) == "open"
        }
        let flat = reply[0].kind == .array ? reply.elements.map { $0.elements.map { $0 } } : []
        for row in flat {
            let name = row[0].string ?? ""
            let gate = World.gate(name)
            rest.removeAll { $0 == name }
            let said = [row[1].string, row[3].string, row[4].string, row[5].integer.map(String.init)]
            let expected = [
                off.contains(name) ? "off" : "on", breakers[gate].name(at: now), "\(breakers[gate].until ?? 0)",
                "\(occupancy[gate])",
            ]
            if said != expected { fault("dependencies says \(said) of \(name), not \(expected)") }
        }
        if !rest.isEmpty { fault("dependencies does not name \(rest)") }
    }

    private func texts(_ reply: RedisValue?) -> [String: String] {
        reply?.dictionary.compactMapValues { $0.string ?? $0.integer.map(String.init) } ?? [:]
    }
}
