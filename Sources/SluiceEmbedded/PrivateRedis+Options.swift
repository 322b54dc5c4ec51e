extension PrivateRedis {
    /// Settings of a throwaway server beyond the default: empty, on a Unix socket, without persistence.
    package struct Options: Sendable {
        /// Whether data survives `stop`, `kill` and `restart` (append-only file, synced every second).
        package var appendOnly = false
        /// Whether it also listens on a free TCP port of 127.0.0.1.
        package var tcp = false
        /// The TCP port to listen on; a free one when nil.
        package var port: Int?
        /// The password that the configuration sets; nil for none.
        package var password: String?
        /// If set, it listens for TLS on a free port of 127.0.0.1, and requires a client certificate of the same authority.
        package var tls: TLSFiles?
        /// Whether it is a sentinel, whose `sentinel` lines are in the configuration.
        package var isSentinel = false
        /// Additional lines of `redis.conf`, after our own.
        package var configuration: [String] = []
        /// The search path for the server; `PATH` when nil.
        package var searchPath: String?
        /// A directory from `makeDirectory()`, which the server then owns; a new one when nil.
        package var directory: String?

        package init() {}
    }

    /// Paths of PEM files.
    package struct TLSFiles: Sendable {
        package var authority: String
        package var certificate: String
        package var key: String

        package init(authority: String, certificate: String, key: String) {
            self.authority = authority
            self.certificate = certificate
            self.key = key
        }
    }
}
