import Hiredis
import SluiceCore
import SluiceStore

/// What a node of a cluster tells of itself. Nil is not told: it cannot be asked, or the user may not ask.
struct NodeFacts: Sendable {
    var node: StoreNode
    var info: [String: String]?
    var settings: [String: String]?
    /// How far the node's clock is ahead of this machine's; nil if it cannot be asked.
    var ahead: Duration?
    var rights = DefaultRights.notAsked
    /// The slots that are on their way from this node or to it.
    var moving: [MovingSlot] = []
}

/// A slot that moves, as one of the two nodes tells.
struct MovingSlot: Sendable, Hashable {
    enum Direction: String, Sendable {
        case to, from
    }

    var slot: Int
    var direction: Direction
    /// How many keys of the slot the node has.
    var keys: Int?

    /// Reads `[93->-ID]` or `[93-<-ID]` of a line of `CLUSTER NODES`.
    init?(word: Substring) {
        guard word.hasPrefix("["), let dash = word.firstIndex(of: "-"), let slot = Int(word[..<dash].dropFirst()) else {
            return nil
        }
        self.slot = slot
        direction = word[dash...].hasPrefix("->-") ? .to : .from
    }

    /// The slots that move, in the reply to `CLUSTER NODES`. A node tells only of its own.
    static func all(in text: String) -> [MovingSlot] {
        let own = text.split(whereSeparator: \.isNewline).first { line in
            line.split(separator: " ").dropFirst(2).first?.split(separator: ",").contains("myself") ?? false
        }
        return own?.split(separator: " ").dropFirst(8).compactMap { MovingSlot(word: $0) } ?? []
    }
}

extension Store {
    /// The slots that move from a node or to it, with the number of their keys there; none if it does not say.
    func movingSlots(of node: RedisEndpoint) async throws(SluiceError) -> [MovingSlot] {
        guard let text = try await ifAllowed(["CLUSTER", "NODES"], node)?.root.string else { return [] }
        var slots = MovingSlot.all(in: text)
        for index in slots.indices {
            let count: RedisCommand = ["CLUSTER", "COUNTKEYSINSLOT", "\(slots[index].slot)"]
            slots[index].keys = try await ifAllowed(count, node)?.root.integer
        }
        return slots
    }

    private func ifAllowed(_ command: RedisCommand, _ node: RedisEndpoint) async throws(SluiceError) -> RedisReply? {
        do {
            return try await send(command, node: node)
        } catch {
            if error.code == .permission || error.message.contains("unknown command") { return nil }
            throw error
        }
    }
}
