/// The server that holds the queues.
public enum SluiceServer: Sendable, Hashable {
    /// A Redis: `redis://[user:password@]host[:port][/db]`, `rediss://…` for TLS with `?ca=/path&cert=/path&key=/path`, or
    /// `unix:///path[?db=n]`. User and password are percent-encoded.
    case url(String)
    /// The private server of this user, on a Unix socket under `$SLUICE_HOME`. It is started if it is not running.
    case embedded
}
