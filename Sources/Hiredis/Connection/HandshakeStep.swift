/// A command sent on a new connection before any other.
package enum HandshakeStep {
    case authenticate(username: String?, password: String)
    case select(database: Int)
    case name(String)
    /// Without anything else to say, a first reply still tells that there is a Redis server and that it lets us in.
    case ping

    /// What a server says that has no room for one more client.
    package static let crowded = "as many clients are connected as its maxclients lets in"

    static func all(for configuration: RedisConfiguration) -> [HandshakeStep] {
        var steps: [HandshakeStep] = []
        if let password = configuration.password {
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

    /// What an error reply to this step means for the connection; nil if it can be used all the same.
    func failure(_ error: RedisServerError, place: String) -> RedisError? {
        // Redis says this in place of any first reply, and it passes.
        if error.message.hasPrefix("max number of clients") { return .unreachable("\(place): \(Self.crowded)") }
        switch self {
        case .authenticate: return .refused("\(place): AUTH: \(error)")
        case .select(let database): return .refused("\(place): SELECT \(database): \(error)")
        case .name, .ping:
            // A user without the right to CLIENT SETNAME, or a server that is loading, are no reasons to give up.
            return ["NOAUTH", "DENIED", "-DENIED"].contains(error.code) ? .refused("\(place): \(error)") : nil
        }
    }
}
