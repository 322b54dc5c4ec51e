/// What a search for a primary has met with, and the error that it makes: one line that says what to do.
struct SearchVerdict {
    struct Server {
        let endpoint: RedisEndpoint
        let sentinel: RedisEndpoint
        let answer: PrimarySearch.ServerAnswer
    }

    private static let mostReasons = 3

    let primaryName: String
    /// Sentinels that do not know the name.
    var unknown: [RedisEndpoint] = []
    /// Why sentinels gave no answer.
    var unheard: [RedisError] = []
    /// Servers that were named, and are not to be used.
    var servers: [Server] = []

    init(primaryName: String) {
        self.primaryName = primaryName
    }

    var error: RedisError {
        // Of several servers, the one that was named last: the others were named by sentinels that are behind.
        if let server = servers.last { return error(of: server) }
        if let sentinel = unknown.first {
            let advice = "end the URL with a name that SENTINEL MASTERS lists there"
            return .unreachable("sentinel \(sentinel) knows no primary '\(primaryName)': \(advice)")
        }
        for case .refused(let reason) in unheard {
            return .refused("\(reason); the URL names the sentinels' own user with ?sentinel-user=…&sentinel-password=…")
        }
        let reasons = unheard.prefix(Self.mostReasons).map(Self.reason).joined(separator: "; ")
        let more = unheard.count > Self.mostReasons ? " and \(unheard.count - Self.mostReasons) more" : ""
        return .unreachable(
            "no sentinel of '\(primaryName)' answers (\(reasons)\(more)): start them, or correct their addresses in the URL")
    }

    private func error(of server: Server) -> RedisError {
        switch server.answer {
        case .replica:
            .unreachable(
                "\(server.endpoint) is a replica, though sentinel \(server.sentinel) names it as the primary: "
                    + "if no failover ends this, see SENTINEL MASTER \(primaryName) there")
        case .failed(.unreachable(let reason)) where !reason.hasSuffix(HandshakeStep.crowded):
            .unreachable(
                "\(reason); sentinel \(server.sentinel) names it as the primary: if no failover ends this, "
                    + "check that the address can be reached from here")
        case .failed(let error): error
        }
    }

    private static func reason(_ error: RedisError) -> String {
        switch error {
        case .unreachable(let reason), .lost(let reason), .protocolViolation(let reason), .refused(let reason): reason
        case .server, .timedOut, .closed: error.description
        }
    }
}
