package import Hiredis

/// How to run redis-cli on a server.
package struct RedisClientCall {
    /// The options that name the server.
    package let options: [String]
    /// For `REDISCLI_AUTH`, since other users can see arguments.
    package let password: String?
    /// What to say before going on.
    package let warning: String?

    /// - Throws: `Failure` if the connection is not safe.
    package init(_ configuration: RedisConfiguration) throws(Failure) {
        warning = try Self.check(configuration)
        options = Self.options(configuration)
        do {
            password = try configuration.currentPassword(GlobalOptions.silent)
        } catch {
            throw Failure(error.description, status: .usage)
        }
    }

    /// redis-cli verifies the issuer of a server's certificate, but not its name. With the system's authorities, anyone with any
    /// valid certificate could pose as the server and receive the password.
    private static func check(_ configuration: RedisConfiguration) throws(Failure) -> String? {
        guard let tls = configuration.tls, tls.verification == .full else { return nil }
        guard let authorities = tls.authorities else {
            throw Failure(
                "redis-cli does not check the name in a certificate, and the system's authorities vouch for anybody: name the authority "
                    + "of \(configuration.endpoint) in the URL, ?ca=FILE, or write ?verify=none to go on all the same")
        }
        return "redis-cli does not check the name in a certificate: any server that \(authorities) vouches for passes for "
            + "\(configuration.endpoint)"
    }

    private static func options(_ configuration: RedisConfiguration) -> [String] {
        var options: [String]
        switch configuration.endpoint {
        case .tcp(let host, let port): options = ["-h", host, "-p", "\(port)"]
        case .unix(let path): options = ["-s", path]
        }
        // It begins with one node, and follows where that sends it.
        if case .cluster = configuration.topology { options.append("-c") }
        if let username = configuration.username { options += ["--user", username] }
        if configuration.database != 0 { options += ["-n", "\(configuration.database)"] }
        guard let tls = configuration.tls else { return options }
        options.append("--tls")
        if let authorities = tls.authorities { options += ["--cacert", authorities] }
        if let certificate = tls.certificate { options += ["--cert", certificate] }
        if let privateKey = tls.privateKey { options += ["--key", privateKey] }
        if tls.verification == .none { options.append("--insecure") }
        return options
    }
}
