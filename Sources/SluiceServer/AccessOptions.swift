import ArgumentParser
import Logging
import SecretFiles
import SluiceInspector
import SluiceToolSupport
import SluiceWeb
import Synchronization

/// Who may use a server: users of a file, those whom a proxy names, or all who reach it.
struct AccessOptions: ParsableArguments {
    private static let roles = Role.allCases.map(\.rawValue)

    @Option(
        help: ArgumentHelp(
            "Who may log in: a file with a line for each user, as `sluice-server password` prints it. It is read again when it changes.",
            valueName: "file"),
        completion: .file())
    var users: String?

    @Option(
        help: ArgumentHelp(
            "What signs the cookies of those who have logged in: a text of 32 bytes or more. Several servers behind one address share it. "
                + "Without it, people log in again after a restart.",
            valueName: "file"),
        completion: .file())
    var secretFile: String?

    @Option(
        help: ArgumentHelp(
            "The role of all users of a server without --users: viewer, operator or admin. (default: admin)",
            valueName: "role"),
        completion: .list(AccessOptions.roles), transform: { try Self.role($0) })
    var role: Role?

    @Option(
        help: ArgumentHelp(
            "A header, such as X-Remote-User, in which a proxy names who asks, after it has checked that. It counts from the addresses "
                + "of --trust-from only. The proxy removes it from what it receives.",
            valueName: "header"))
    var trustHeader: String?

    @Option(
        help: ArgumentHelp(
            "The address of the proxy, or a range such as 10.1.0.0/16. May be repeated.", valueName: "address"))
    var trustFrom: [String] = []

    @Option(
        help: ArgumentHelp(
            "The role of users whom the proxy names: viewer, operator or admin. (default: viewer)", valueName: "role"),
        completion: .list(AccessOptions.roles), transform: { try Self.role($0) })
    var trustRole: Role?

    private static func role(_ text: String) throws -> Role {
        guard let role = Role(rawValue: text) else {
            throw ValidationError("'\(text.prefix(20))' is no role: there are viewer, operator and admin")
        }
        return role
    }

    /// Whether it is known who asks.
    var isClosed: Bool { users != nil || trustHeader != nil }

    func validate() throws {
        if users != nil, trustHeader != nil { throw ValidationError("give --users or --trust-header, not both") }
        if isClosed, role != nil { throw ValidationError("--role is for a server without --users and --trust-header") }
        if users == nil, secretFile != nil { throw ValidationError("--secret-file needs --users") }
        guard let trustHeader else {
            if trustFrom.isEmpty, trustRole == nil { return }
            throw ValidationError("--trust-from and --trust-role go with --trust-header")
        }
        if trustFrom.isEmpty {
            throw ValidationError("--trust-header needs --trust-from: anyone else could write that header")
        }
        do {
            _ = try proxy(trustHeader)
        } catch {
            throw ValidationError(error.description)
        }
    }

    private func proxy(_ header: String) throws(TrustedProxy.Invalid) -> TrustedProxy {
        try TrustedProxy(header: header, from: trustFrom, role: trustRole ?? .viewer)
    }

    /// Who may use the server, and what of that can be read again.
    /// - Parameter logger: Is told when the users have changed.
    /// - Throws: ``Failure`` for a file that cannot be read or is not valid.
    func access(_ logger: Logger) throws -> (DashboardAccess, [SecretReload.Part]) {
        if let trustHeader { return (.proxy(try proxy(trustHeader)), []) }
        guard let users else { return (.open(role ?? .admin), []) }
        let file = try UsersFile(users, read: { try Self.users($0) }) { news in
            switch news {
            case .success(let users): logger.notice("the users have changed", metadata: ["users": "\(users.count)"])
            case .failure(let error):
                let reason = (error as? Failure)?.message ?? "\(error)"
                logger.error("the users stay as they were", metadata: ["error": "\(reason)"])
            }
        }
        var parts = [SecretReload.Part("users") { try file.reload() }]
        let secret = CookieSecret(try secretFile.map(Self.secret) ?? (0..<32).map { _ in UInt8.random(in: .min ... .max) })
        if let secretFile { parts.append(SecretReload.Part("secret") { secret.replace(by: try Self.secret(secretFile)) }) }
        return (.users({ file.users() }, secret: { secret.bytes }), parts)
    }

    private static func users(_ path: String) throws -> Users {
        let text = try read(path, "users")
        let users: Users
        do {
            users = try Users(text: text)
        } catch let error as Users.Invalid {
            throw Failure("the file of users '\(path)': \(error)", status: .usage)
        }
        if users.count == 0 { throw Failure("the file of users '\(path)' has no user", status: .usage) }
        return users
    }

    private static func secret(_ path: String) throws -> [UInt8] {
        let secret = Array(try read(path, "the secret").utf8)
        if secret.count < 32 { throw Failure("the secret in '\(path)' has fewer than 32 bytes", status: .usage) }
        return secret
    }

    private static func read(_ path: String, _ what: String) throws -> String {
        do throws(SecretFileRefused) {
            let file = try SecretFile(path, of: what)
            if let warning = file.warning { Terminal.complain("warning: \(warning)") }
            return file.text
        } catch {
            throw Failure(error.description, status: .usage)
        }
    }
}

/// What signs the cookies of those who have logged in.
private final class CookieSecret: Sendable {
    private let content: Mutex<[UInt8]>

    init(_ bytes: [UInt8]) { content = Mutex(bytes) }

    var bytes: [UInt8] { content.withLock { $0 } }

    func replace(by bytes: [UInt8]) { content.withLock { $0 = bytes } }
}
