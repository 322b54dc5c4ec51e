import Hiredis
package import SluiceCore

/// Access tokens: `TokenRecord` of the inspector has the form of their records.
extension Store {
    /// The field with the time of a token's last use, in ms since 1970.
    package static func tokenUse(_ id: String) -> String { "\(id):used" }

    /// Stores a token.
    package func addToken(_ id: String, _ record: [UInt8]) async throws(SluiceError) {
        var command: RedisCommand = ["HSETNX", keys.tokens, id]
        command.append(contentsOf: record)
        guard try await send(command, key: keys.tokens).root.integer == 1 else {
            throw SluiceError(.server, "there is a token with the id \(id) already: try again")
        }
    }

    /// All fields, and the server's time in ms.
    package func tokens() async throws(SluiceError) -> (fields: [String: String], now: Int) {
        let replies = try await pipeline([["TIME"], ["HGETALL", keys.tokens]], key: keys.tokens)
        return (try replies[1].get().root.dictionary.compactMapValues(\.string), try time(replies[0].get().root))
    }

    /// The record of a token and the time of its last use, and the server's time, in ms.
    package func token(_ id: String) async throws(SluiceError) -> (text: String?, used: Int?, now: Int) {
        let replies = try await pipeline([["TIME"], ["HMGET", keys.tokens, id, Self.tokenUse(id)]], key: keys.tokens)
        let found = try replies[1].get().root
        return (found[0].string, found[1].integer, try time(replies[0].get().root))
    }

    /// Notes that a token was used.
    package func noteUse(of id: String, at time: Int) async throws(SluiceError) {
        _ = try await send(["HSET", keys.tokens, Self.tokenUse(id), "\(time)"], key: keys.tokens)
    }

    /// Removes a token. Returns false if there was none.
    package func removeToken(_ id: String) async throws(SluiceError) -> Bool {
        let removals: [RedisCommand] = [["HDEL", keys.tokens, id], ["HDEL", keys.tokens, Self.tokenUse(id)]]
        let replies = try await pipeline(removals, key: keys.tokens)
        _ = try replies[1].get()
        return try replies[0].get().root.integer == 1
    }
}
