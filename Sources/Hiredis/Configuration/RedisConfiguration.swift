/// The address, credentials and timeouts for one Redis server. Its description shows no password.
package struct RedisConfiguration: Hashable, Sendable, CustomStringConvertible {
    package var endpoint: RedisEndpoint
    /// Nil for a plain connection.
    package var tls: RedisTLS?
    /// Nil for the user `default`.
    package var username: String?
    package var password: String?
    /// A file with the password, in place of ``password``.
    package var passwordFile: String?
    /// What connections last read from files.
    package let files = RedisFiles()
    package var database: Int
    /// Limit for the time from the name lookup to the last reply of AUTH, SELECT and the client's own check.
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
        "\(endpoint)\(database == 0 ? "" : "/\(database)")\(tls == nil ? "" : " (TLS)")"
    }
}
