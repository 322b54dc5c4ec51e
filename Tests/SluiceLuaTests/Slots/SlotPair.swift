import Hiredis
import SluiceLua
import Testing

/// Two primaries of one cluster. Slots move between them by hand, step by step, as `redis-cli --cluster reshard` moves them.
struct SlotPair: Sendable {
    /// Has all slots at first.
    let source: SlotNode
    let target: SlotNode

    /// Starts both, with some modules of the function library replaced.
    static func start(replacing modules: [String: String] = [:]) async throws -> SlotPair {
        let library = FunctionLibrary.text(replacing: modules)
        let pair = SlotPair(
            source: try await SlotNode.start(library: library), target: try await SlotNode.start(library: library))
        try await pair.source.send("CLUSTER", "ADDSLOTSRANGE", "0", "16383")
        // Without it both have the epoch 0, and the cluster settles that by a vote of its own.
        try await pair.source.send("CLUSTER", "SET-CONFIG-EPOCH", "1")
        try await pair.target.send("CLUSTER", "SET-CONFIG-EPOCH", "2")
        try await pair.source.send("CLUSTER", "MEET", "127.0.0.1", "\(pair.target.port)", "\(pair.target.busPort)")
        try await pair.source.meet(pair.target)
        try await pair.target.meet(pair.source)
        return pair
    }

    func slot(_ key: String) async throws -> String {
        String(try #require(try await source.send("CLUSTER", "KEYSLOT", key).integer))
    }

    // MARK: The steps of a move

    /// The slot is being moved from now on; no key has left yet.
    func begin(_ slot: String) async throws {
        try await target.send("CLUSTER", "SETSLOT", slot, "IMPORTING", source.id)
        try await source.send("CLUSTER", "SETSLOT", slot, "MIGRATING", target.id)
    }

    /// Moves at most this number of keys.
    /// - Returns: the number of those that were there.
    @discardableResult
    func move(_ slot: String, keys count: Int) async throws -> Int {
        let keys = try await source.send("CLUSTER", "GETKEYSINSLOT", slot, "\(count)").elements.compactMap(\.string)
        if !keys.isEmpty {
            try await source.send(["MIGRATE", "127.0.0.1", "\(target.port)", "", "0", "10000", "KEYS"] + keys)
        }
        return keys.count
    }

    /// Ends the move, at the node that took the slot first.
    func end(_ slot: String) async throws {
        try await target.send("CLUSTER", "SETSLOT", slot, "NODE", target.id)
        try await source.send("CLUSTER", "SETSLOT", slot, "NODE", target.id)
    }

    /// The same pair, for the way back.
    var reversed: SlotPair { SlotPair(source: target, target: source) }

    /// Calls a function as a client does that follows MOVED and ASK.
    /// - Returns: the code of the error that is left; nil if the function ran.
    func follow(_ words: [String]) async throws -> String? {
        var (node, other) = (source, target)
        var refusal = try await node.refusal(words)
        if refusal == "MOVED" {
            (node, other) = (other, node)
            refusal = try await node.refusal(words)
        }
        return refusal == "ASK" ? try await other.refusal(words, asking: true) : refusal
    }

    func close() async {
        await source.close()
        await target.close()
    }
}
