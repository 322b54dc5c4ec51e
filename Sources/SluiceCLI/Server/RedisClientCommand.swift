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
        // The password goes through the environment: other users can see arguments.
        if let password = configuration.password { setenv("REDISCLI_AUTH", password, 1) }
        let client = (try? await RedisExecutable.find())?.clientPath ?? "redis-cli"
        throw Self.replaceProcess([client] + Self.options(configuration) + arguments)
    }

    /// redis-cli checks who vouches for a server's certificate, and not whose it is. With the system's authorities anybody who has a
    /// certificate of any name could take the server's place, and be told the password.
    /// - Returns: what to warn of, if it goes on.
    /// - Throws: `Failure` if it must not.
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

    /// How redis-cli is told of a server.
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

    /// Becomes another program; returns only if that fails, with the reason.
    private static func replaceProcess(_ words: [String]) -> Failure {
        signal(SIGPIPE, SIG_DFL)
        var pointers: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
        pointers.append(nil)
        execvp(words[0], &pointers)
        return Failure("cannot run \(words[0]): \(String(cString: strerror(errno)))")
    }
}
