/// The address, credentials and timeouts for one Redis server, or for servers that act as one. Its description shows no password.
package struct RedisConfiguration: Hashable, Sendable, CustomStringConvertible {
    /// The server; of several, the first sentinel or seed.
    package var endpoint: RedisEndpoint
    package var topology = RedisTopology.server
    /// Nil for plain connections. Sentinels and nodes of a cluster have the same as their servers.
    package var tls: RedisTLS?
    /// Nil for the user `default`.
    package var username: String?
    package var password: String?
    /// A file with the password, in place of ``password``.
    package var passwordFile: String?
    /// What connections last read from files.
    package let files = RedisFiles()
    package var database: Int
    /// Limit for the time from the name lookup to the last reply of AUTH, SELECT and the client's own check. The search for a
    /// primary counts.
    package var connectTimeout: Duration = .seconds(5)
    /// The timeout of commands that set none of their own.
    package var commandTimeout: Duration = .seconds(10)
    /// The name that `CLIENT LIST` shows, without spaces; nil to set none.
    package var clientName: String? = "sluice"

    package init(
        endpoint: RedisEndpoint, tls: RedisTLS? = nil, username: String? = nil, password: String? = nil, database: Int = 0
    ) {
        self.endpoint = endpoint
        self.tls = tls
        self.username = username
        self.password = password
        self.database = database
    }

    package var description: String {
        let security = tls == nil ? "" : " (TLS)"
        return switch topology {
        case .server where database != 0: "\(place)/\(database)\(security)"
        case .sentinel where database != 0: "database \(database) of \(place)\(security)"
        case .server, .sentinel, .cluster: "\(place)\(security)"
        }
    }

    /// Where the servers are, for messages.
    package var place: String {
        switch topology {
        case .server: "\(endpoint)"
        case .sentinel(let sentinel): "\(sentinel.primaryName) by sentinel \(Self.list(sentinel.sentinels))"
        case .cluster(let seeds): "cluster \(Self.list(seeds))"
        }
    }

    private static func list(_ endpoints: [RedisEndpoint]) -> String {
        endpoints.map(\.description).joined(separator: ", ")
    }
}
