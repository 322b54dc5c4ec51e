import Hiredis

/// What is visible of a queue, as text: the order of each lane, who runs where, what waits until when, who is in each gate.
struct Snapshot {
    var text: String
    var reservation: Model.Reservation?

    init(_ reply: RedisValue) {
        text = reply[0].string ?? ""
        guard let reserved = reply[1].string, let blank = reserved.firstIndex(of: " ") else { return }
        let lane = reserved[reserved.index(after: blank)...]
        reservation = Model.Reservation(
            lane: World.lanes.firstIndex { $0.text == lane } ?? -1, until: Int(reserved[..<blank]) ?? 0)
    }

    /// Called with the base of a queue's keys.
    static let script = """
        local base, out = KEYS[1] .. ':', {}
        local function put(head, list)
          if #list > 0 then out[#out + 1] = head .. ' ' .. table.concat(list, ' ') end
        end
        local function sorted(list)
          table.sort(list)
          return list
        end
        local function pairs_of(flat, pattern)
          local list = {}
          for i = 1, #flat, 2 do list[#list + 1] = flat[i] .. '@' .. string.match(flat[i + 1], pattern) end
          return sorted(list)
        end
        for i, lane in ipairs({ \(quoted(World.lanes.map(\.text))) }) do
          put('lane ' .. i - 1, redis.call('ZRANGE', base .. 'wait:' .. lane, 0, -1))
        end
        put('runs', pairs_of(redis.call('HGETALL', base .. 'executing'), '^%d+ (%S+)'))
        for _, state in ipairs({ 'scheduled', 'retryable' }) do
          put(state, pairs_of(redis.call('ZRANGE', base .. state, 0, -1, 'WITHSCORES'), '%d+'))
        end
        for _, state in ipairs({ 'completed', 'cancelled', 'discarded' }) do
          put(state, sorted(redis.call('ZRANGE', base .. state, 0, -1)))
        end
        for _, gate in ipairs({ \(quoted(World.gates)) }) do
          put('gate ' .. gate, sorted(redis.call('SMEMBERS', base .. 'gate:' .. gate)))
        end
        return { table.concat(out, '\\n'), redis.call('GET', base .. 'reserve') }
        """

    private static func quoted(_ texts: [String]) -> String { texts.map { "'\($0)'" }.joined(separator: ", ") }
}

extension Model {
    /// Compares all that is visible.
    mutating func compare(_ snapshot: Snapshot) {
        adoptSuspects(snapshot)
        reservation = snapshot.reservation
        let own = text()
        if own != snapshot.text { fault("the model has\n\(own)\nand the library\n\(snapshot.text)") }
    }

    /// Suspects of one crash line up in an order that is left to chance, ten seconds or more from now.
    private mutating func adoptSuspects(_ snapshot: Snapshot) {
        let unknown = jobs.values.filter { $0.state == .retryable && $0.due == nil }.map(\.id)
        if unknown.isEmpty { return }
        let line = snapshot.text.split(separator: "\n").first { $0.hasPrefix("retryable ") } ?? ""
        for entry in line.split(separator: " ").dropFirst() {
            let parts = entry.split(separator: "@")
            let id = ModelJob.id(parts[0])
            guard unknown.contains(id), let due = Int(parts[1]) else { continue }
            if due < now + 10_000 { fault("\(parts[0]), a suspect, comes back too soon") }
            jobs[id]?.due = due
        }
    }

    private func text() -> String {
        var lines: [String] = []
        for (lane, ids) in waiting.enumerated() where !ids.isEmpty {
            lines.append("lane \(lane) " + ids.map(ModelJob.text).joined(separator: " "))
        }
        var byState: [ModelJob.State: [Int]] = [:]
        for job in jobs.values where job.state != .available { byState[job.state, default: []].append(job.id) }
        func put(_ head: String, _ state: ModelJob.State, _ suffix: (ModelJob) -> String) {
            guard let ids = byState[state] else { return }
            let texts = ids.sorted().compactMap { id in jobs[id].map { ModelJob.text(id) + suffix($0) } }
            lines.append(head + " " + texts.joined(separator: " "))
        }
        put("runs", .executing) { "@" + $0.worker }
        put("scheduled", .scheduled) { "@\($0.due ?? 0)" }
        put("retryable", .retryable) { "@\($0.due ?? 0)" }
        put("cancelled", .cancelled) { _ in "" }
        put("discarded", .discarded) { _ in "" }
        return (lines + members()).joined(separator: "\n")
    }

    private func members() -> [String] {
        var members = World.gates.map { _ in "" }
        for id in running.sorted() {
            for gate in jobs[id]?.held ?? [] { members[gate] += " " + ModelJob.text(id) }
        }
        return zip(World.gates, members).compactMap { $1.isEmpty ? nil : "gate " + $0 + $1 }
    }
}
