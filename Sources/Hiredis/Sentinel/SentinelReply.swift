/// Reads the replies of sentinels.
enum SentinelReply {
    /// The address in a reply to `SENTINEL GET-MASTER-ADDR-BY-NAME`; nil if the sentinel does not know the name.
    static func address(_ reply: RedisValue) -> RedisEndpoint? {
        guard reply.count == 2 else { return nil }
        return endpoint(host: reply[0], port: reply[1])
    }

    /// The sentinels in a reply to `SENTINEL SENTINELS`, without those that are down.
    static func sentinels(_ reply: RedisValue) -> [RedisEndpoint] {
        reply.elements.compactMap { sentinel in
            let fields = sentinel.dictionary
            let flags = fields["flags"]?.string?.split(separator: ",") ?? []
            guard !flags.contains("s_down"), let host = fields["ip"], let port = fields["port"] else { return nil }
            return endpoint(host: host, port: port)
        }
    }

    /// Whether the server that replied so to `HELLO 2` is a primary.
    static func isPrimary(_ reply: RedisValue) -> Bool {
        reply.dictionary["role"]?.string == "master"
    }

    private static func endpoint(host: RedisValue, port: RedisValue) -> RedisEndpoint? {
        guard let host = host.string, !host.isEmpty, let port = port.integer, (1...65_535).contains(port) else { return nil }
        return .tcp(host: host, port: port)
    }
}
