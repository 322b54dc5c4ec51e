extension RedisConfiguration {
    private static let sentinelPort = 26379

    /// `redis+sentinel://…` or `rediss+sentinel://…`.
    init(sentinels parts: URLParts) throws(RedisURLError) {
        let sentinels = try parts.endpoints(defaultPort: Self.sentinelPort)
        let name = try Self.primaryName(parts.path)
        var query = parts.query
        let database = try query.removeValue(forKey: "db").map(Self.database) ?? 0
        let user = query.removeValue(forKey: "sentinel-user").flatMap { $0.isEmpty ? nil : $0 }
        let password = query.removeValue(forKey: "sentinel-password")
        guard user == nil || password != nil else {
            throw RedisURLError("the URL has a sentinel-user but no sentinel-password; write both, or the password alone")
        }
        self.init(endpoint: sentinels[0], database: database)
        topology = .sentinel(
            SentinelConfiguration(sentinels: sentinels, primaryName: name, username: user, password: password))
        tls = try RedisTLS.taken(from: &query, scheme: parts.scheme)
        try Self.refuse(query)
    }

    private static func primaryName(_ path: String) throws(RedisURLError) -> String {
        let words = path.split(separator: "/")
        guard words.count < 2 else {
            throw RedisURLError("only the primary's name stands behind the sentinels; a database is written ?db=N")
        }
        guard let name = words.first else {
            throw RedisURLError("the primary's name is missing behind the sentinels, as in redis+sentinel://host:26379/mymaster")
        }
        guard !name.unicodeScalars.contains(where: { $0.value <= 0x20 || $0.value == 0x7F || $0.properties.isWhitespace }) else {
            throw RedisURLError("the primary's name contains a blank or a control character")
        }
        return String(name)
    }

    /// `redis+cluster://…` or `rediss+cluster://…`.
    init(cluster parts: URLParts) throws(RedisURLError) {
        let seeds = try parts.endpoints(defaultPort: Self.serverPort)
        var query = parts.query
        let path = parts.path.drop { $0 == "/" }
        for database in [path.isEmpty ? nil : String(path), query.removeValue(forKey: "db")].compactMap({ $0 }) {
            guard try Self.database(database) == 0 else {
                throw RedisURLError("a cluster has only database 0: leave the database out of the URL")
            }
        }
        self.init(endpoint: seeds[0])
        topology = .cluster(seeds: seeds)
        tls = try RedisTLS.taken(from: &query, scheme: parts.scheme)
        try Self.refuse(query)
    }
}
