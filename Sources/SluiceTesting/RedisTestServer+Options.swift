extension RedisTestServer {
    /// The features that a test needs beyond an empty server on a Unix socket.
    public struct Options: Sendable {
        /// Keep data through `stop`, `kill` and `restart`, in an append-only file that is synced every second.
        public var aof: Bool
        /// Also listen on a free port of 127.0.0.1.
        public var tcp: Bool
        /// Listen for TLS on a free port of 127.0.0.1. Clients need a certificate from the same generated authority.
        public var tls: Bool
        /// The subject of the server's certificate, as OpenSSL writes it; `localhost` and 127.0.0.1 when nil.
        package var certified: String?
        /// ACL rules, such as `"worker on >secret ~sluice:* +@all"`, without the word `user` in front.
        public var aclUsers: [String]
        /// Further lines of `redis.conf`, such as `"maxmemory 20mb"`.
        public var config: [String]
        /// A server to replicate. It must have been started with `tcp`.
        public var replicaOf: RedisTestServer?
        /// The directories to search for the server program, separated by colons; `PATH` when nil.
        package var searchPath: String?

        /// Makes options; every feature is off by default.
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
