import Foundation
import Logging
import SluiceTesting
import Synchronization
import Testing

@testable import Hiredis

/// Passwords and certificates that change while a client lives.
@Suite(.timeLimit(.minutes(10))) struct RotationTests {
    /// Hears what is logged as a warning.
    private final class Ear: Sendable {
        let texts = Mutex<[String]>([])
    }

    private struct Listener: LogHandler {
        var ear: Ear
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.warning

        init(_ ear: Ear) { self.ear = ear }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { ear.texts.withLock { $0.append("\(event.message)") } }
    }

    private let folder = FileManager.default.temporaryDirectory.appending(path: "rotation-\(UUID().uuidString)")
    private let ear = Ear()

    init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

    private var logger: Logger { Logger(label: "test") { [ear] _ in Listener(ear) } }

    private func write(_ text: String, mode: Int = 0o600) throws -> String {
        let file = folder.appending(path: "password")
        try Data(text.utf8).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
        return file.path
    }

    /// Sends until a new connection answers. Calls on the one that was cut fail.
    private func reconnect(_ client: RedisClient) async {
        let before = client.connections
        while client.connections == before { _ = try? await client.send(["PING"]) }
    }

    private func reason(_ body: () throws(RedisError) -> Void) -> String {
        do throws(RedisError) {
            try body()
            return ""
        } catch {
            return error.description
        }
    }

    @Test func aPasswordIsReadForEachConnectionAndAnEmptyFileChangesNothing() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let server = try await RedisTestServer.start(.init(aclUsers: ["worker on >old ~* +@all"]))
        let path = try write("old\n")
        let url = "unix://worker@" + server.socketURL.dropFirst("unix://".count)
        let configuration = try RedisConfiguration(url: url, passwordFile: path)
        let client = RedisClient(configuration, logger: logger)
        #expect(try await client.send(["ACL", "WHOAMI"]).root.string == "worker")

        try await server.cli("ACL", "SETUSER", "worker", ">new")
        _ = try write("new\n")
        try await server.cli("ACL", "SETUSER", "worker", "<old")
        try await server.cli("CLIENT", "KILL", "USER", "worker")
        await reconnect(client)
        #expect(try await client.send(["ACL", "WHOAMI"]).root.string == "worker")
        #expect(ear.texts.withLock { $0 } == [])

        _ = try write("")
        for _ in 0..<2 {
            try await server.cli("CLIENT", "KILL", "USER", "worker")
            await reconnect(client)
        }
        #expect(ear.texts.withLock { $0 } == ["what was read before stays in use"])
        #expect(reason { () throws(RedisError) in try configuration.readFiles(logger) }.contains("'\(path)' is empty"))
        _ = try write("new")
        #expect(reason { () throws(RedisError) in try configuration.readFiles(logger) } == "")
        // The memory is that of one configuration and its copies.
        _ = try write("wrong")
        let other = RedisClient(try RedisConfiguration(url: url, passwordFile: path))
        await #expect(throws: RedisError.self) { try await other.send(["PING"]) }
        await client.close()
        await other.close()
    }

    @Test func filesOfPasswordsAreUnderTheRuleOfSecrets() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        for (text, mode, why) in [
            ("a", 0o602, "can be changed by others"), ("", 0o600, "is empty"), ("a\nb", 0o600, "more than one line"),
        ] {
            let configuration = try RedisConfiguration(url: "redis://h", passwordFile: try write(text, mode: mode))
            let told = reason { () throws(RedisError) in _ = try configuration.currentPassword(logger) }
            #expect(told.contains(why) && told.contains(folder.path), "\(told)")
        }
        for (text, password) in [("a b", "a b"), ("a\r\n", "a"), ("a\n\n", "a")] {
            let configuration = try RedisConfiguration(url: "redis://h", passwordFile: try write(text))
            #expect(try configuration.currentPassword(logger) == password)
        }
        #expect(ear.texts.withLock { $0 } == [])
        let path = try write("a", mode: 0o644)
        for _ in 0..<2 { _ = try RedisConfiguration(url: "redis://h", passwordFile: path).currentPassword(logger) }
        #expect(ear.texts.withLock { $0.count } == 1 && ear.texts.withLock { $0.first ?? "" }.contains("can be read by others"))
        #expect(PasswordFile.warning(path) == nil, "it was told of")
    }

    @Test func theURLHasNoPasswordBesideAFile() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        #expect(throws: RedisURLError.self) { try RedisConfiguration(url: "redis://u:p@h", passwordFile: "/p") }
        let configuration = try RedisConfiguration(url: "redis://u@h", passwordFile: "/p")
        #expect(configuration.username == "u" && configuration.password == nil && configuration.passwordFile == "/p")
        #expect(throws: RedisURLError.self) { try RedisConfiguration(url: "redis://u@h") }
    }

    /// A new authority signs new certificates for both sides; the client takes its own from the same paths.
    @Test func certificatesAreReadForEachConnection() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let server = try await RedisTestServer.start(.init(tls: true))
        let tls = try #require(server.tls)
        let configuration = try RedisConfiguration(url: server.url)
        let client = RedisClient(configuration, logger: logger)
        #expect(try await client.send(["PING"]).root.string == "PONG")

        // The key of another authority's client does not belong to the certificate: both stay as they were.
        let renewed = try await TestCertificates.make(in: folder.path)
        try Self.replace(tls.clientKey, by: renewed.clientKey)
        let why = reason { () throws(RedisError) in try configuration.readFiles(logger) }
        #expect(why.contains("the certificate and its key cannot be used"), "\(why)")
        try await server.cli("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        await reconnect(client)
        #expect(ear.texts.withLock { $0 } == [], "it was told of")

        for (old, new) in [
            (tls.authority, renewed.authority), (tls.clientCertificate, renewed.clientCertificate),
            (tls.serverCertificate, renewed.serverCertificate), (tls.serverKey, renewed.serverKey),
        ] { try Self.replace(old, by: new) }
        #expect(reason { () throws(RedisError) in try configuration.readFiles(logger) } == "")
        // The server reads its own again.
        try await server.cli(
            "CONFIG", "SET", "tls-cert-file", tls.serverCertificate, "tls-key-file", tls.serverKey, "tls-ca-cert-file",
            tls.authority)
        try await server.cli("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        await reconnect(client)
        #expect(try await client.send(["PING"]).root.string == "PONG")
        #expect(client.connections == 3)
        await client.close()
    }

    private static func replace(_ path: String, by other: String) throws {
        try Data(contentsOf: URL(fileURLWithPath: other)).write(to: URL(fileURLWithPath: path))
    }
}
