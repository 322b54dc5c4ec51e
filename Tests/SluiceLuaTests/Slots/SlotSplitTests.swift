import Hiredis
import SluiceLua
import Testing

/// What the guard is there for: clients that follow ASK, as `redis-cli -c` and most libraries do.
@Suite(.timeLimit(.minutes(10)))
struct SlotSplitTests {
    private let key = "split:{mail}"

    private func enqueue(_ id: String) -> [String] { ["FCALL", "sluice_enqueue", "1", key, id, #"{"kind":"k"}"#, ""] }

    /// With the guard taken out, the queue is split, and the move cannot end.
    @Test(arguments: [true, false])
    func aClientThatFollowsASKDoesNotSplitAQueue(_ isGuarded: Bool) async throws {
        let pair = try await SlotPair.start(replacing: isGuarded ? [:] : try Self.withoutGuard())
        let slot = try await pair.slot(key)
        for id in ["a", "b"] { #expect(try await pair.follow(enqueue(id)) == nil) }
        try await pair.begin(slot)
        let refusal = try await pair.follow(enqueue("c"))
        #expect(refusal == (isGuarded ? "MOVING" : nil))
        #expect(try await pair.target.send("KEYS", key + ":spec").count == (isGuarded ? 0 : 1))
        if isGuarded {
            try await pair.move(slot, keys: 1000)
            try await pair.end(slot)
            #expect(try await pair.follow(enqueue("c")) == nil)
            #expect(try await pair.target.send("HLEN", key + ":spec").integer == 3)
        } else {
            await #expect(throws: (any Error).self, "BUSYKEY: both have a half") { try await pair.move(slot, keys: 1000) }
            #expect(try await pair.source.refusal(["EXISTS", key + ":spec"]) == nil)
        }
        await pair.close()
    }

    /// A producer that repeats what was refused, at every step of a slot that goes to and fro, a key at a time.
    @Test func nothingIsLostOrDoubledByASlotThatGoesToAndFro() async throws {
        let pair = try await SlotPair.start()
        let slot = try await pair.slot(key)
        var number = 0
        var waiting: [String] = []
        var refusals: Set<String> = []
        func produce() async throws {
            number += 1
            waiting.append("j\(number)")
            while let id = waiting.first {
                if let refusal = try await pair.follow(enqueue(id)) {
                    refusals.insert(refusal)
                    return
                }
                waiting.removeFirst()
            }
        }
        try await produce()
        for turn in 0..<10 {
            let way = turn.isMultiple(of: 2) ? pair : pair.reversed
            try await way.begin(slot)
            try await produce()
            while try await way.move(slot, keys: 1) > 0 { try await produce() }
            try await way.target.send("CLUSTER", "SETSLOT", slot, "NODE", way.target.id)
            try await produce()
            #expect(waiting == [])
            try await way.source.send("CLUSTER", "SETSLOT", slot, "NODE", way.target.id)
            try await produce()
        }
        #expect(waiting == [] && refusals == ["MOVING"])
        #expect(try await pair.source.send("HLEN", key + ":spec").integer == number)
        #expect(try await pair.target.contents() == [:])
        let audit = try await pair.source.send("FCALL_RO", "sluice_audit", "1", key)
        #expect(audit[0].string == "0" && audit[2].count == 0)
        await pair.close()
    }

    /// The module `queue` as it would be without the guard.
    static func withoutGuard() throws -> [String: String] {
        let (queue, line) = (
            FunctionLibrary.modules["queue", default: ""], "if slot.can_move then slot.check(base, names.prefix) end"
        )
        try #require(queue.ranges(of: line).count == 2, "the guard has another form")
        return ["queue": queue.replacing(line, with: "")]
    }
}
