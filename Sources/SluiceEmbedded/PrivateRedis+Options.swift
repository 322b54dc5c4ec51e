extension PrivateRedis {
    /// How a throwaway server differs from an empty one on a Unix socket that keeps nothing.
    package struct Options: Sendable {
        /// Whether data survives `stop`, `kill` and `restart` (append-only file, synced every second).
        package var appendOnly = false
        /// Whether it listens on a free TCP port of 127.0.0.1 too.
        package var tcp = false
        /// Listens for TLS on a free port of 127.0.0.1, asking clients for a certificate of the same authority.
        package var tls: TLSFiles?
        /// Further lines of `redis.conf`, after our own.
        package var configuration: [String] = []
        /// Where to look for the server; `PATH` when nil.
        package var searchPath: String?
        /// A directory from `makeDirectory()`, whose ownership passes to the server; a fresh one when nil.
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
