extension RedisTestServer {
    /// What a test needs beyond an empty server on a Unix socket.
    public struct Options: Sendable {
        /// Keep data through `stop`, `kill` and `restart`, in an append-only file synced every second.
        public var aof: Bool
        /// Listen on a free port of 127.0.0.1 too.
        public var tcp: Bool
        /// Listen for TLS on a free port of 127.0.0.1; clients need a certificate from the same, generated, authority.
        public var tls: Bool
        /// Whom its certificate is for, as OpenSSL writes it; `localhost` and 127.0.0.1 unless given.
        package var certified: String?
        /// ACL rules, such as `"worker on >secret ~sluice:* +@all"`, without the word `user` in front.
        public var aclUsers: [String]
        /// Further lines of `redis.conf`, such as `"maxmemory 20mb"`.
        public var config: [String]
        /// Replicate this server, which must have been started with `tcp`.
        public var replicaOf: RedisTestServer?
        /// Directories in which to look for the server, separated by colons; `PATH` when nil.
        package var searchPath: String?

        /// Everything is off unless given.
        public init(
            aof: Bool = false,
            tcp: Bool = false,
            tls: Bool = false,
            aclUsers: [String] = [],
            config: [String] = [],
            replicaOf: RedisTestServer? = nil
        ) {
            self.aof = aof
            self.tcp = tcp
            self.tls = tls
            self.aclUsers = aclUsers
            self.config = config
            self.replicaOf = replicaOf
        }

        func configurationLines() throws -> [String] {
            var lines = aclUsers.map { "user \($0)" } + config
            if let replicaOf {
                guard let port = replicaOf.tcpPort else {
                    throw RedisTestServerError("a server without `tcp` cannot be replicated")
                }
                lines.append("replicaof 127.0.0.1 \(port)")
            }
            return lines
        }
    }
}
