extension RedisConfiguration {
    /// Parses a URL:
    /// - `redis://[user[:password]@]host[:port][/db]`
    /// - `redis+sentinel://[user[:password]@]sentinel[:port],…/primary[?db=N&sentinel-user=…&sentinel-password=…]`
    /// - `redis+cluster://[user[:password]@]host[:port],…`
    /// - the same with `rediss` in place of `redis` for TLS
    /// - `unix:///path[?db=N]`
    ///
    /// User, password, host, path and the values of the query are percent-decoded. An IPv6 address needs brackets. `rediss` takes
    /// the query items `ca`, `cert` and `key` (paths of PEM files) and `verify` (`full` or `none`). With a file of the password,
    /// the URL has none.
    package init(url: String, passwordFile: String? = nil) throws(RedisURLError) {
        let parts = try URLParts(url)
        switch parts.scheme {
        case "redis", "rediss": try self.init(network: parts)
        case "redis+sentinel", "rediss+sentinel": try self.init(sentinels: parts)
        case "redis+cluster", "rediss+cluster": try self.init(cluster: parts)
        case "unix": try self.init(unixSocket: parts)
        default: throw .noScheme
        }
        username = parts.user.isEmpty ? nil : parts.user
        password = parts.password
        self.passwordFile = passwordFile
        if passwordFile != nil {
            guard password == nil else {
                throw RedisURLError("the URL has a password, and a file of the password is named: leave one out")
            }
            return
        }
        if username != nil, password == nil {
            throw RedisURLError("the URL has a user but no password; write user:password@ or :password@")
        }
    }

    private init(network parts: URLParts) throws(RedisURLError) {
        guard !parts.hosts.contains(",") else {
            throw RedisURLError("\(parts.scheme):// takes one host; a list needs redis+sentinel:// or redis+cluster://")
        }
        let endpoint = try URLParts.endpoint(parts.hosts, defaultPort: Self.serverPort)
        let path = parts.path.drop { $0 == "/" }
        let database = try path.isEmpty ? 0 : Self.database(String(path))
        var query = parts.query
        self.init(endpoint: endpoint, database: database)
        tls = try RedisTLS.taken(from: &query, scheme: parts.scheme)
        try Self.refuse(query)
    }

    private init(unixSocket parts: URLParts) throws(RedisURLError) {
        guard parts.hosts.isEmpty, parts.path.hasPrefix("/"), parts.path.count > 1 else {
            throw RedisURLError("a unix:// URL needs an absolute path, as in unix:///run/redis.sock")
        }
        // sockaddr_un holds 108 bytes with the closing NUL.
        guard parts.path.utf8.count <= 107, !parts.path.utf8.contains(0) else {
            throw RedisURLError("the path of a Unix socket has at most 107 bytes; this one has \(parts.path.utf8.count)")
        }
        var query = parts.query
        let database = try query.removeValue(forKey: "db").map(Self.database) ?? 0
        self.init(endpoint: .unix(path: parts.path), database: database)
        try Self.refuse(query)
    }

    static let serverPort = 6379

    static func database(_ text: String) throws(RedisURLError) -> Int {
        guard let number = Int(text), number >= 0 else { throw RedisURLError("the database must be a number from 0 up") }
        return number
    }

    static func refuse(_ query: [String: String]) throws(RedisURLError) {
        if let name = query.keys.min() { throw RedisURLError("the URL's query item '\(name)' is not known here") }
    }
}

extension RedisTLS {
    private static let queryItems: Set<String> = ["ca", "cert", "key", "verify"]

    /// The settings of a URL whose scheme begins with `rediss`; nil for any other, which may have none.
    static func taken(from query: inout [String: String], scheme: String) throws(RedisURLError) -> RedisTLS? {
        if scheme.hasPrefix("rediss") { return try RedisTLS(taking: &query) }
        guard !query.keys.contains(where: { queryItems.contains($0) }) else {
            let secure = "rediss" + scheme.dropFirst("redis".count)
            throw RedisURLError("ca, cert, key and verify need a URL that begins with \(secure)://")
        }
        return nil
    }

    private init(taking query: inout [String: String]) throws(RedisURLError) {
        self.init(
            authorities: query.removeValue(forKey: "ca"),
            certificate: query.removeValue(forKey: "cert"),
            privateKey: query.removeValue(forKey: "key"))
        if let text = query.removeValue(forKey: "verify") {
            guard let chosen = Verification(rawValue: text) else { throw RedisURLError("verify must be full or none") }
            verification = chosen
        }
        if (certificate == nil) != (privateKey == nil) { throw RedisURLError("cert and key go together") }
    }
}
