/// How the servers behind a URL are arranged.
package enum RedisTopology: Hashable, Sendable {
    /// One server.
    case server
    /// A primary whose address sentinels know.
    case sentinel(SentinelConfiguration)
    /// Redis Cluster. Any of the seeds that answers is enough.
    case cluster(seeds: [RedisEndpoint])

    /// What the scheme of its URLs adds to `redis` or `rediss`.
    var schemeSuffix: String {
        switch self {
        case .server: ""
        case .sentinel: "+sentinel"
        case .cluster: "+cluster"
        }
    }
}
