import Hiredis

extension Model {
    /// Does to the model what an operation did to the queue, and compares what the library answered. `after` is the reservation
    /// that stands then.
    mutating func apply(_ operation: Operation, _ reply: RedisValue, reservation after: Reservation?) {
        switch operation {
        case .enqueue(let jobs): enqueue(jobs)
        case .cycle(let call, let demand, let settlements):
            cycle(call.worker, demand: demand, settlements, reply, reservation: after)
        case .resync(let call, let lease, let runs): resync(call.worker, lease: lease, runs, reply)
        case .pass(let span): now += span
        case .declare(let deploy, let limits): expect(declare(limits, deploy: deploy), reply[0])
        case .override(let name, let value, let span):
            let until = span > 0 ? now + span : nil
            change { $0.override(name, value, until: until) }
        case .restore(let name):
            var was = false
            change { was = $0.restore(name) }
            expect(was ? "1" : "0", reply)
        case .turn(let name, let isOn):
            let changes = isOn ? off.remove(name) != nil : off.insert(name).inserted
            limitsChanged()
            expect(changes ? "1" : "0", reply)
        case .change(let change, let delay, let ids):
            for (position, id) in ids.enumerated() { expect(self.change(id, change, delay: delay), reply[2 * position + 1]) }
        case .pause: isPaused = true
        case .resume: isPaused = false
        }
    }

    private mutating func expect(_ text: String, _ reply: RedisValue) {
        let said = reply.string ?? reply.integer.map(String.init) ?? "\(reply.kind)"
        if said != text { fault("the library said \(said), the model \(text)") }
    }

    private mutating func cycle(
        _ worker: String, demand: Int, _ settlements: [Operation.Settlement], _ reply: RedisValue,
        reservation after: Reservation?
    ) {
        let isKnown = workers[worker] != nil
        let silence = beat(worker)
        let refused = settlements.flatMap { settle($0, by: worker) }
        if refused.map(ModelJob.text) != reply[1].elements.map({ $0.string ?? "" }) { fault("other settlements are refused") }
        promote()
        reclaim(silence: silence ?? 0, lease: workers[worker]?.lease ?? 30_000)
        if !book.ended(at: now).isEmpty { change { [now] in $0.endOverrides(at: now) } }
        if (reply[0][4].integer == 1) == isKnown { fault("\(worker) should \(isKnown ? "not " : "")have to resync") }
        let ids = reply[3].elements.map { ModelJob.id($0.string ?? "") }
        if ids.count > (isKnown ? demand : 0) { fault("more was given than asked for") }
        claim(ids, fence: reply[0][1].integer ?? 0, by: worker, reservation: after)
        judge(after, claimed: ids)
        if isKnown, ids.count < min(demand, mostInReply) { expectNothingLeft(reservation: after) }
        let without = reply[7].dictionaryOfPositions
        for (position, id) in ids.enumerated() {
            guard let lane = jobs[id]?.lane else { continue }
            if without[position] ?? "" != self.without(lane) { fault("\(ModelJob.text(id)) runs without other dependencies") }
        }
        if reply[0][2].integer != held(by: worker).count { fault("\(worker) holds another number of jobs") }
    }

    private mutating func resync(_ worker: String, lease: Int, _ runs: [(id: Int, fence: Int)], _ reply: RedisValue) {
        let fences = Dictionary(runs.map { ($0.id, $0.fence) }) { $1 }
        let held = held(by: worker)
        var own: Set<Int> = []
        for id in held {
            if fences[id] == jobs[id]?.fence {
                own.insert(id)
            } else {
                if jobs[id]?.isToCancel == true { end(id, .cancelled) } else { enter([id]) }
                leave(id)
            }
        }
        for (id, fence) in fences where !own.contains(id) { comeBack(id, fence) }
        workers[worker] = Worker(lease: lease, ends: 0)
        if let silence = beat(worker) { reclaim(silence: silence, lease: lease) }
        let lost = Set(reply[2].elements.map { ModelJob.id($0.string ?? "") })
        if lost != Set(fences.keys).subtracting(own) { fault("\(worker) lost other runs") }
    }
}

extension RedisValue {
    /// The pairs of a flat list of number, text.
    fileprivate var dictionaryOfPositions: [Int: String] {
        var pairs: [Int: String] = [:]
        var rest = elements
        while let position = rest.next()?.integer, let text = rest.next()?.string { pairs[position] = text }
        return pairs
    }
}
