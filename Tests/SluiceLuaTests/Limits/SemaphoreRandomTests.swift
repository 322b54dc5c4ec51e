import SluiceCore
import SluiceStore
import SluiceTesting
import Testing

/// Random clients of one semaphore, against a model of what they may believe.
@Suite(.timeLimit(.minutes(10)))
struct SemaphoreRandomTests {
    @Test(arguments: 0..<8) func neverMoreThanTheLimitAndNobodyIsForgotten(seed: UInt64) async throws {
        var random = SplitMix(seed: 4200 + seed)
        let queue = try await LuaQueue("semaphore.gpu")
        let limit = Int.random(in: 1...4, using: &random)
        var model = Model()
        var lastFence = Fence(0)
        for step in 0..<400 {
            let client = ["a", "b", "c", "d"][Int.random(in: 0..<4, using: &random)]
            let wishes = model.wishes(of: client, &random)
            if random.next() % 4 == 0 { try await queue.advance(Double.random(in: 0...9, using: &random)) }
            let call = PermitCall(client: client, limit: limit, lease: .seconds(20), wishes: wishes)
            let reply = try await queue.queues.store.call(call, semaphore: "gpu")
            let fences = model.apply(reply, wishes).sorted()
            if let first = fences.first, let last = fences.last {
                #expect(first > lastFence)
                lastFence = last
            }
            let stored = try await queue.dump()
            let holders = lines(stored["permits"])
            #expect(holders.count <= limit, "step \(step)")
            #expect(lines(stored["queue"]).isEmpty || holders.count == limit, "step \(step): free, and somebody waits")
            #expect(lines(stored["waiting"]).count == lines(stored["queue"]).count)
            #expect(lines(stored["leases"]).count == holders.count + lines(stored["queue"]).count)
        }
        for client in ["a", "b", "c", "d"] {
            let wishes = model.ids(of: client).map { PermitCall.Wish(.release, $0) }
            let call = PermitCall(client: client, limit: limit, lease: .seconds(20), wishes: wishes)
            _ = try await queue.queues.store.call(call, semaphore: "gpu")
        }
        #expect(try await queue.dump().keys.filter { !$0.hasPrefix("grants:") } == ["fence"])
    }

    private func lines(_ text: String?) -> [Substring] {
        (text ?? "").split(separator: "\n").filter { $0 != "(expires)" }
    }
}

/// What the clients want and hold as far as they know.
private struct Model {
    private var known: [PermitID] = []
    private var next = 0

    func ids(of client: String) -> [PermitID] { known.filter { $0.text.hasPrefix(client + ".") } }

    mutating func wishes(of client: String, _ random: inout SplitMix) -> [PermitCall.Wish] {
        var wishes: [PermitCall.Wish] = []
        for id in ids(of: client) {
            if random.next() % 3 == 0 {
                wishes.append(PermitCall.Wish(.release, id))
                known.removeAll { $0 == id }
            } else {
                wishes.append(PermitCall.Wish(.keep, id))
            }
        }
        for _ in 0..<Int.random(in: 0...2, using: &random) {
            next += 1
            known.append(PermitID("\(client).\(next)"))
            wishes.append(PermitCall.Wish(.acquire, PermitID("\(client).\(next)")))
        }
        return wishes
    }

    /// Returns the fences that were given.
    mutating func apply(_ reply: PermitCall.Reply, _ wishes: [PermitCall.Wish]) -> [Fence] {
        for (wish, standing) in zip(wishes, reply.standings) where standing == .unknown {
            known.removeAll { $0 == wish.id }
        }
        return Array(reply.granted.values)
    }
}
