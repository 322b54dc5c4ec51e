import Hiredis
package import SluiceCore
import SluiceEmbedded
import Subprocess
import SystemPackage

/// Moves of slots from one primary to another, key by key, as `redis-cli --cluster reshard` makes them.
extension ClusterFixture {
    /// A slot on its way.
    package struct Move: Sendable {
        package let slot: Int
        package let source: String
        package let target: String
    }

    /// Begins to move a slot: from here on its source answers `ASK` for keys that it does not have.
    package func beginMove(of slot: Int, to target: String) async throws -> Move {
        let move = Move(slot: slot, source: try await primary(of: slot), target: target)
        guard move.source != target else { throw Failure(description: "slot \(slot) is on \(target) already") }
        try await send(["CLUSTER", "SETSLOT", "\(slot)", "IMPORTING", try await id(of: move.source)], to: target)
        try await send(["CLUSTER", "SETSLOT", "\(slot)", "MIGRATING", try await id(of: target)], to: move.source)
        return move
    }

    /// Moves keys of the slot.
    /// - Returns: How many were moved: fewer than `most` when none is left.
    @discardableResult
    package func moveKeys(_ move: Move, atMost most: Int = .max) async throws -> Int {
        var moved = 0
        while moved < most {
            let count = min(most - moved, 100)
            let keys = try await send(["CLUSTER", "GETKEYSINSLOT", "\(move.slot)", "\(count)"], to: move.source)
                .root.elements.compactMap(\.string)
            if keys.isEmpty { break }
            let target = move.target.split(separator: ":").map(String.init)
            try await send(
                ["MIGRATE", target[0], target[1], "", "0", "10000", "AUTH", password, "KEYS"] + keys, to: move.source)
            moved += keys.count
        }
        return moved
    }

    /// Gives the slot to its target, where the clients then find it. All its keys have to be there.
    package func endMove(_ move: Move) async throws {
        let id = try await id(of: move.target)
        for address in [move.target, move.source] + (try await primaries().filter { ![move.target, move.source].contains($0) }) {
            try await send(["CLUSTER", "SETSLOT", "\(move.slot)", "NODE", id], to: address)
        }
    }

    /// Moves a slot with all its keys.
    package func move(slot: Int, to target: String) async throws {
        let move = try await beginMove(of: slot, to: target)
        try await moveKeys(move)
        try await endMove(move)
    }

    /// Moves the slot of a queue with all its keys.
    package func move(_ queue: QueueName, in namespace: Namespace = .standard, to target: String) async throws {
        try await move(slot: try await slot(of: "\(namespace):{\(queue)}"), to: target)
    }

    /// Moves slots with `redis-cli --cluster reshard`, as an administrator does.
    package func reshard(slots: Int, from source: String, to target: String) async throws {
        let client = cluster.nodes[0].executable.clientPath
        let result = try await run(
            client.hasPrefix("/") ? .path(FilePath(client)) : .name(client),
            arguments: [
                "--cluster", "reshard", source, "--cluster-from", try await id(of: source), "--cluster-to",
                try await id(of: target), "--cluster-slots", "\(slots)", "--cluster-yes",
            ],
            environment: .inherit.updating(["REDISCLI_AUTH": password]), output: .string(limit: 16 << 20),
            error: .string(limit: 1 << 20))
        guard result.terminationStatus.isSuccess else {
            throw Failure(
                description: "redis-cli --cluster reshard: " + (result.standardOutput + result.standardError).suffix(2000))
        }
    }

    private func id(of address: String) async throws -> String {
        guard let node = try await view().nodes.first(where: { $0.address == address }) else {
            throw Failure(description: "\(address) is no node of this cluster")
        }
        return node.id
    }
}
