/// A command sent on a new connection before any other.
package enum HandshakeStep {
    case authenticate(username: String?, password: String)
    case select(database: Int)
    case name(String)
    /// Sent if there is no other step: its reply shows that there is a Redis server and that it accepts us.
    case ping

    /// The text for a server that has no room for another client.
    package static let crowded = "as many clients are connected as its maxclients lets in"

    static func all(for configuration: RedisConfiguration, password: String?) -> [HandshakeStep] {
        var steps: [HandshakeStep] = []
        if let password {
            steps.append(.authenticate(username: configuration.username, password: password))
        }
        if configuration.database != 0 { steps.append(.select(database: configuration.database)) }
        if let name = configuration.clientName { steps.append(.name(name)) }
        return steps.isEmpty ? [.ping] : steps
    }

    var command: RedisCommand {
        switch self {
        case .authenticate(let username?, let password): ["AUTH", username, password]
        case .authenticate(nil, let password): ["AUTH", password]
        case .select(let database): ["SELECT", String(database)]
        case .name(let name): ["CLIENT", "SETNAME", name]
        case .ping: ["PING"]
        }
    }

    /// The meaning of an error reply to this step; nil if the connection can still be used.
    func failure(_ error: RedisServerError, place: String) -> RedisError? {
        // Redis sends this in place of any first reply. It is transient.
        if error.message.hasPrefix("max number of clients") { return .unreachable("\(place): \(Self.crowded)") }
        switch self {
        case .authenticate: return .refused("\(place): AUTH: \(error)")
        case .select(let database): return .refused("\(place): SELECT \(database): \(error)")
        case .name, .ping:
            // A user without the permission for CLIENT SETNAME, or a server that is loading, is no reason to give up.
            return ["NOAUTH", "DENIED", "-DENIED"].contains(error.code) ? .refused("\(place): \(error)") : nil
        }
    }
}
