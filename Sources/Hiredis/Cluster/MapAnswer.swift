/// Reads what a node says when it is asked for the map.
package enum MapAnswer {
    /// The text for a server that has no cluster.
    package static let noCluster = "is no Redis Cluster: use "

    static func isUnknownCommand(_ result: Result<RedisReply, RedisError>) -> Bool {
        guard case .failure(.server(let error)) = result else { return false }
        return error.message.lowercased().hasPrefix("unknown")
    }

    static func read(
        _ result: Result<RedisReply, RedisError>, from endpoint: RedisEndpoint, isShards: Bool,
        _ configuration: RedisConfiguration
    ) -> Result<ClusterMap, RedisError> {
        let reply: RedisValue
        switch result {
        case .failure(.server(let error)): return .failure(meaning(of: error, endpoint, configuration))
        case .failure(let error): return .failure(error)
        case .success(let answer): reply = answer.root
        }
        let asked = ClusterMap.Asked(endpoint: endpoint, usesTLS: configuration.tls != nil)
        guard let map = isShards ? ClusterMap(shards: reply, asked: asked) : ClusterMap(slots: reply, asked: asked) else {
            return .failure(.protocolViolation("\(endpoint): the reply to CLUSTER SHARDS cannot be read"))
        }
        // A node that was not joined to the others yet, or was taken out, knows only itself.
        guard map.owners.contains(where: { $0 != ClusterMap.nobody }) else {
            return .failure(.unreachable("\(endpoint): the node knows of no slot that is served: is the cluster made?"))
        }
        return .success(map)
    }

    private static func meaning(
        of error: RedisServerError, _ endpoint: RedisEndpoint, _ configuration: RedisConfiguration
    ) -> RedisError {
        if error.message.contains("cluster support disabled") {
            return .refused("\(endpoint) \(noCluster)\(configuration.tls == nil ? "redis" : "rediss")://")
        }
        switch error.code {
        case "NOPERM", "NOAUTH": return .refused("\(endpoint): CLUSTER SHARDS: \(error)")
        default: return .unreachable("\(endpoint): CLUSTER SHARDS: \(error)")
        }
    }
}
