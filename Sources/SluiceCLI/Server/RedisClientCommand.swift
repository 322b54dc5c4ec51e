import ArgumentParser
import Foundation
import Hiredis
import SluiceCore
import SluiceEmbedded
import SluiceToolSupport

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

struct RedisClientCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cli", abstract: "Run redis-cli on it, or on the server that --redis or $SLUICE_REDIS_URL names.",
        discussion: "For example: sluice redis cli FCALL_RO sluice_help 0")

    @OptionGroup var global: GlobalOptions

    @Argument(parsing: .captureForPassthrough, help: "Passed on as they are.")
    var arguments: [String] = []

    func run() async throws {
        let configuration = try await global.configuration()
        if let warning = try Self.check(configuration) { Terminal.complain(warning) }
        // The password goes into the environment, since other users can see arguments.
        if let password = configuration.password { setenv("REDISCLI_AUTH", password, 1) }
        let client = (try? await RedisExecutable.find())?.clientPath ?? "redis-cli"
        throw Self.replaceProcess([client] + Self.options(configuration) + arguments)
    }

    /// redis-cli verifies the issuer of a server's certificate, but not its name. With the system's authorities, anyone with any
    /// valid certificate could pose as the server and receive the password.
    /// - Returns: the warning to print before going on, if any.
    /// - Throws: `Failure` if the connection is not safe.
    static func check(_ configuration: RedisConfiguration) throws(Failure) -> String? {
        guard let tls = configuration.tls, tls.verification == .full else { return nil }
        guard let authorities = tls.authorities else {
            throw Failure(
                "redis-cli does not check the name in a certificate, and the system's authorities vouch for anybody: name the authority "
                    + "of \(configuration.endpoint) in the URL, ?ca=FILE, or write ?verify=none to go on all the same")
        }
        return "redis-cli does not check the name in a certificate: any server that \(authorities) vouches for passes for "
            + "\(configuration.endpoint)"
    }

    /// The options of redis-cli for a server.
    static func options(_ configuration: RedisConfiguration) -> [String] {
        var options: [String]
        switch configuration.endpoint {
        case .tcp(let host, let port): options = ["-h", host, "-p", "\(port)"]
        case .unix(let path): options = ["-s", path]
        }
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

    /// Replaces this process by another program. Returns only on failure, with the reason.
    private static func replaceProcess(_ words: [String]) -> Failure {
        signal(SIGPIPE, SIG_DFL)
        var pointers: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
        pointers.append(nil)
        execvp(words[0], &pointers)
        return Failure("cannot run \(words[0]): \(String(cString: strerror(errno)))")
    }
}
