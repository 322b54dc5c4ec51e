/// The sentinels to ask for a primary, and the credentials for them. Those for the primary stand in `RedisConfiguration`.
package struct SentinelConfiguration: Hashable, Sendable {
    /// At least one. Further sentinels are learned from these, which are never forgotten.
    package var sentinels: [RedisEndpoint]
    /// The name in the sentinels' `sentinel monitor` line.
    package var primaryName: String
    /// Nil for the user `default`.
    package var username: String?
    package var password: String?

    package init(sentinels: [RedisEndpoint], primaryName: String, username: String? = nil, password: String? = nil) {
        self.sentinels = sentinels
        self.primaryName = primaryName
        self.username = username
        self.password = password
    }
}
