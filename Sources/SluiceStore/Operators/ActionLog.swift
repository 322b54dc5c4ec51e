import Hiredis
package import SluiceCore

/// One entry of the log of actions: the start of an action, or its outcome.
package struct ActionEntry: Sendable {
    /// Its id in the stream, `ms-n` by the server's clock.
    package var position: String
    package var fields: [String: String]

    /// The time of the entry, in ms since 1970.
    package var time: Int { Int(position.prefix { $0 != "-" }) ?? 0 }

    fileprivate init?(_ entry: RedisValue) {
        guard let position = entry[0].string else { return nil }
        self.position = position
        fields = entry[1].dictionary.compactMapValues(\.string)
    }
}

extension Store {
    /// The number of entries that the log keeps, about: each action has two.
    package static let mostActionEntries = 20_000

    /// Appends an entry to the log of actions, and returns its position. It also works on a full server, where operators delete
    /// jobs.
    package func logAction(_ fields: [(name: String, value: String)]) async throws(SluiceError) -> String {
        var command: RedisCommand = ["XADD", keys.actions, "MAXLEN", "~", "\(Self.mostActionEntries)", "*"]
        for (name, value) in fields {
            command.append(name)
            command.append(value)
        }
        do throws(SluiceError) {
            guard let position = try await send(command, key: keys.actions).root.string else { throw malformed("XADD") }
            return position
        } catch {
            guard error.code == .outOfMemory else { throw error }
            return try await call(NoteAction(fields: fields), key: keys.actions)
        }
    }

    /// Entries of the log, newest first: those before a position, or the newest.
    package func actionEntries(before position: String?, most: Int) async throws(SluiceError) -> [ActionEntry] {
        let end = position.map { "(\($0)" } ?? "+"
        return try await entries(["XREVRANGE", keys.actions, end, "-", "COUNT", "\(most)"])
    }

    /// Entries of the log after a position, oldest first.
    package func actionEntries(after position: String, most: Int) async throws(SluiceError) -> [ActionEntry] {
        try await entries(["XRANGE", keys.actions, "(\(position)", "+", "COUNT", "\(most)"])
    }

    /// The entries at some positions, as far as they are still kept.
    package func actionEntries(at positions: [String]) async throws(SluiceError) -> [ActionEntry] {
        if positions.isEmpty { return [] }
        var found: [ActionEntry] = []
        for reply in try await pipeline(positions.map { ["XRANGE", keys.actions, $0, $0] }, key: keys.actions) {
            found += try reply.get().root.elements.compactMap(ActionEntry.init)
        }
        return found
    }

    private func entries(_ command: RedisCommand) async throws(SluiceError) -> [ActionEntry] {
        try await send(command, key: keys.actions).root.elements.compactMap(ActionEntry.init)
    }
}

/// Appends to the log of actions on a full server: `lua/operators/actions.lua`.
private struct NoteAction: StoreFunction {
    static let name = "note_action"
    var fields: [(name: String, value: String)]

    func write(into command: inout RedisCommand) {
        for (name, value) in fields {
            command.append(name)
            command.append(value)
        }
    }

    func read(_ reply: RedisValue) throws(SluiceError) -> String {
        guard let position = reply.string else { throw malformed(Self.name) }
        return position
    }
}
