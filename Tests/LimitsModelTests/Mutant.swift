import SluiceLua
import Testing

/// The library's text with one line cut out or replaced: a fault that the tests have to notice.
struct Mutant: CustomTestStringConvertible, Sendable {
    var module: String
    /// A line of the module, without what it is indented by.
    var line: String
    var replacement = ""
    /// A run that shows it.
    var seed: UInt64 = 0
    /// Whether it shows only where replies are full.
    var isAboutFullReplies = false

    var testDescription: String { module + ": " + line }

    /// The texts of modules that differ.
    func modules() throws -> [String: String] {
        var modules = [module: try text()]
        if isAboutFullReplies { modules[Self.fullReplies.module] = try Self.fullReplies.text() }
        return modules
    }

    /// The module with the fault.
    /// - Throws: When the line is not there exactly once: then this list is out of date.
    func text() throws -> String {
        var lines = (FunctionLibrary.modules[module] ?? "").split(separator: "\n", omittingEmptySubsequences: false)
        let found = lines.indices.filter { Self.trimmed(lines[$0]) == line }
        try #require(found.count == 1, "\(module).lua has this line \(found.count) times: \(line)")
        lines[found[0]] = replacement[...]
        return lines.joined(separator: "\n")
    }

    /// A reply is full with two jobs: not a fault, but what never happens with small jobs otherwise.
    static let fullReplies = Mutant(
        module: "claim", line: "local BYTES = 4194304         -- of specs in one reply; the first job comes whatever its size",
        replacement: "local BYTES = 30")

    static func trimmed(_ line: Substring) -> String { String(line.drop { $0 == " " }) }

    /// Lines that pass on a place which may have become free.
    static let turns = [
        Mutant(module: "gates", line: "if n > 0 then parking.turn(q, order[i], n) end"),
        Mutant(module: "parking", line: "if own[i].gate ~= except then M.turn(q, own[i].gate, 1) end", seed: 19),
        Mutant(module: "choose", line: "for i = 1, #names do parking.turn(q, names[i], 1) end", seed: 1),
        Mutant(module: "choose", line: "turn_later(chosen, own, shut.gate)", seed: 1),
        Mutant(module: "choose", line: "turn_later(chosen, own)", seed: 31),
        Mutant(module: "choose", line: "elseif not turn_gates(q, chosen) then", replacement: "else", seed: 1),
        Mutant(module: "choose", line: "turn_gates(q, chosen)", seed: 23),
        Mutant(
            module: "lanes", line: "if not gate then parking.turn_all(q, gates.of(q, lane)) end", seed: 19),
        Mutant(module: "reserve", line: "parking.turn_all(q, held.gates)", seed: 101),
        Mutant(module: "choose", line: "parking.turn(q, gate.gate, 1)", isAboutFullReplies: true),
    ]

    /// Lines by which lanes leave a gate that opens by itself, or that is no more, and by which a reservation ends.
    ///
    /// A breaker that closes has its gate looked at, too, so that all its lanes come back at once. Without that they come one after
    /// another, since each that leaves calls the next: that is fairness, of which the model knows nothing.
    static let looks = [
        Mutant(module: "parking", line: "if till then M.at(q, gate, till) end", seed: 6),
        Mutant(module: "parking", line: "M.at(q, name, till)", seed: 31),
        Mutant(module: "parking", line: "move(q, name, math.min(n, room))"),
        Mutant(module: "parking", line: "moved = move(q, name, math.min(room, most))"),
        Mutant(
            module: "parking",
            line: "if till and redis.call('EXISTS', keys.parked(q.keys, name)) == 1 then M.at(q, name, till) end", seed: 2),
        Mutant(module: "migration", line: "parking.unpark(q, gate, lane, tonumber(score) or 0)", seed: 1),
        Mutant(module: "migration", line: "parking.at(q, gate, q.now)", seed: 2),
        Mutant(module: "overrides", line: "if gate then parking.at(q, gate, q.now) end", seed: 32),
        Mutant(module: "overrides", line: "if till > 0 then parking.at(q, '!' .. name, till) end"),
        Mutant(module: "breaker", line: "parking.at(q, gate, till)", seed: 6),
        Mutant(module: "reserve", line: "for i = 1, #own do parking.at(q, own[i].gate, till) end", seed: 1),
        Mutant(module: "reserve", line: "for i = 1, #lanes do M.finish(q, lanes[i]) end", seed: 5),
        Mutant(module: "reserve", line: "if why ~= 'concurrency' then M.finish(q, held.lane) end", seed: 337),
        Mutant(module: "parking", line: "reserve.watch(q, name)", seed: 1961),
        Mutant(module: "reserve", line: "redis.call('DEL', q.keys.reserve, q.keys.turned)", seed: 901),
        Mutant(module: "parking", line: "reserve.recall(q, gate)", seed: 5),
        Mutant(
            module: "gates",
            line: "if held and reserve.recall(q, M.named(q, order[i])) then n = n - 1 end", seed: 9),
    ]

    /// Lines without which a lane that is turned away again and again reserves nothing.
    static let reservations = [
        Mutant(module: "parking", line: "reserve.turned_away(q, lane, own)"),
        Mutant(module: "parking", line: "M.turned_away(q, lane, own, why)"),
        Mutant(module: "reserve", line: "return held and held.lane ~= lane and held.of[gate]"),
        Mutant(module: "reserve", line: "parking.unpark(q, at, held.lane, tonumber(score))"),
    ]

    /// Lines that keep account of who is in.
    static let accounts = [
        Mutant(module: "gates", line: "redis.call('SREM', keys.gate(q.keys, order[i]), unpack(members[order[i]]))"),
        Mutant(module: "gates", line: "for n = 1, #ids do breaker.gone(q, gate, ids[n], completed) end", seed: 2),
        Mutant(module: "gates", line: "if gate.limits.rate then rate.add(q, gate.gate, gate.limits.rate, #list) end"),
        Mutant(module: "gates", line: "if gate.limit then gate.members = gate.members + n end"),
        Mutant(module: "gates", line: "if gate.left then gate.left = gate.left - n end", seed: 6),
        Mutant(module: "gates", line: "if gate.is_tried then breaker.try(q, gate.gate, chosen.ids[i]) end", seed: 2),
        Mutant(
            module: "migration",
            line: "if dimension ~= '*' and (not own or own.is_filling) then filling[dimension] = true end", seed: 2),
    ]
}
