package import Hiredis
package import SluiceCore
package import SluiceStore

extension Store {
    /// Sends any command to the server of its first key; without a key, to the server or any primary of a cluster.
    package func command(_ words: [String]) async throws(SluiceError) -> RedisReply {
        guard let key = Self.firstKey(of: words) else { return try await send(RedisCommand(words), node: nil) }
        return try await send(RedisCommand(words), key: key)
    }

    /// The first key of a command, by the rules of those that tests send.
    private static func firstKey(of words: [String]) -> String? {
        switch words.first?.uppercased() {
        case "FCALL", "FCALL_RO", "EVAL", "EVALSHA", "EVAL_RO", "EVALSHA_RO":
            return words.count > 3 && words[2] != "0" ? words[3] : nil
        case "ACL", "CLIENT", "CLUSTER", "COMMAND", "CONFIG", "DBSIZE", "DEBUG", "FLUSHALL", "FLUSHDB", "FUNCTION", "INFO",
            "KEYS", "LATENCY", "PING", "REPLICAOF", "ROLE", "SCAN", "SCRIPT", "SHUTDOWN", "SLOWLOG", "TIME", "WAIT":
            return nil
        case "MEMORY", "OBJECT", "XGROUP", "XINFO": return words.count > 2 ? words[2] : nil
        case "XREAD": return words.firstIndex { $0.uppercased() == "STREAMS" }.flatMap { words.dropFirst($0 + 1).first }
        default: return words.count > 1 ? words[1] : nil
        }
    }
}
