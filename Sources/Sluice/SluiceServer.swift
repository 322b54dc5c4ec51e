/// The server that holds the queues.
public enum SluiceServer: Sendable, Hashable {
    /// A Redis. User and password are percent-encoded.
    /// - `redis://[user:password@]host[:port][/db]`
    /// - `redis+sentinel://[user:password@]sentinel[:port],…/primary[?db=n&sentinel-user=…&sentinel-password=…]`: the primary that
    ///   Redis Sentinel names
    /// - `redis+cluster://[user:password@]host[:port],…`: Redis Cluster
    /// - the same with `rediss` for TLS, with `?ca=/path&cert=/path&key=/path`
    /// - `unix:///path[?db=n]`
    case url(String)
    /// The private server of this user, on a Unix socket under `$SLUICE_HOME`. It is started if it is not running.
    case embedded
}
