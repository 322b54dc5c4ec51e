import SluiceLua
import Testing

/// The library's text with one line cut out or replaced: a fault that the tests have to notice.
struct Mutant: CustomTestStringConvertible, Sendable {
    var module: String
    /// A line of the module, without what it is indented by.
    var line: String
    var replacement = ""

    var testDescription: String { module + ": " + line }

    /// The module with the fault.
    /// - Throws: When the line is not there exactly once: then this list is out of date.
    func text() throws -> String {
        var lines = (FunctionLibrary.modules[module] ?? "").split(separator: "\n", omittingEmptySubsequences: false)
        let found = lines.indices.filter { Self.trimmed(lines[$0]) == line }
        try #require(found.count == 1, "\(module).lua has this line \(found.count) times: \(line)")
        lines[found[0]] = replacement[...]
        return lines.joined(separator: "\n")
    }

    static func trimmed(_ line: Substring) -> String { String(line.drop { $0 == " " }) }

    /// Lines that pass on a place which may have become free.
    static let turns = [
        Mutant(module: "gates", line: "if n > 0 then parking.turn(q, order[i], n) end"),
        Mutant(module: "parking", line: "if gates[i].gate ~= except then M.turn(q, gates[i].gate, 1) end"),
        Mutant(module: "choose", line: "for i = 1, #gates do require('parking').turn(q, gates[i], 1) end"),
        Mutant(module: "choose", line: "turn_later(chosen, own, shut.gate)"),
        Mutant(module: "choose", line: "turn_later(chosen, own)"),
        Mutant(module: "choose", line: "elseif not turn_gates(q, chosen) then", replacement: "else"),
        Mutant(module: "choose", line: "turn_gates(q, chosen)"),
        Mutant(module: "lanes", line: "if not gate then require('parking').turn_all(q, require('gates').of(q, lane)) end"),
        Mutant(module: "reserve", line: "require('parking').turn_all(q, held.gates)"),
    ]

    /// Lines by which lanes leave a gate that opens by itself, or that is no more.
    static let looks = [
        Mutant(module: "parking", line: "if till then M.at(q, gate, till) end"),
        Mutant(module: "parking", line: "M.at(q, name, till)"),
        Mutant(module: "parking", line: "move(q, name, math.min(n, room))"),
        Mutant(module: "parking", line: "moved = move(q, name, math.min(room, most))"),
        Mutant(
            module: "parking",
            line: "if till and redis.call('EXISTS', keys.parked(q.keys, name)) == 1 then M.at(q, name, till) end"),
        Mutant(module: "migration", line: "parking.unpark(q, gate, lane, tonumber(score) or 0)"),
        Mutant(module: "migration", line: "parking.at(q, gate, q.now)"),
        Mutant(module: "overrides", line: "if gate then require('parking').at(q, gate, q.now) end"),
        Mutant(module: "overrides", line: "if till > 0 then require('parking').at(q, '!' .. name, till) end"),
        Mutant(module: "breaker", line: "require('parking').at(q, gate, till)"),
        Mutant(module: "breaker", line: "require('parking').at(q, gate, q.now)"),
        Mutant(module: "reserve", line: "for i = 1, #gates do require('parking').at(q, gates[i].gate, till) end"),
        Mutant(module: "reserve", line: "for i = 1, #lanes do M.finish(q, lanes[i]) end"),
        Mutant(module: "parking", line: "require('reserve').recall(q, gate)"),
        Mutant(
            module: "gates",
            line: "if held and require('reserve').recall(q, M.named(q, order[i])) then n = n - 1 end"),
        Mutant(module: "parking", line: "require('reserve').finish(q, lane)"),
        Mutant(module: "parking", line: "M.turned_away(q, lane, own, why)"),
    ]

    /// Lines that keep account of who is in.
    static let accounts = [
        Mutant(module: "gates", line: "redis.call('SREM', keys.gate(q.keys, order[i]), unpack(members[order[i]]))"),
        Mutant(module: "gates", line: "for n = 1, #ids do require('breaker').gone(q, gate, ids[n], completed) end"),
        Mutant(module: "gates", line: "if gate.limits.rate then require('rate').add(q, gate.gate, gate.limits.rate, #list) end"),
        Mutant(module: "gates", line: "if gate.limit then gate.members = gate.members + n end"),
        Mutant(module: "gates", line: "if gate.left then gate.left = gate.left - n end"),
        Mutant(module: "gates", line: "if gate.is_tried then require('breaker').try(q, gate.gate, chosen.ids[i]) end"),
        Mutant(
            module: "migration",
            line: "if dimension ~= '*' and (not own or own.is_filling) then filling[dimension] = true end"),
    ]
}
