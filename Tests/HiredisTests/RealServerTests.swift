import Foundation
import Logging
import SluiceTesting
import Synchronization
import TestSupport
import Testing

@testable import Hiredis

/// Against redis-server itself.
@Suite(.timeLimit(.minutes(10))) struct RealServerTests {
    private func client(_ url: String, _ change: (inout RedisConfiguration) -> Void = { _ in }) throws -> RedisClient {
        var configuration = try RedisConfiguration(url: url)
        configuration.connectTimeout = .seconds(40)
        configuration.commandTimeout = .seconds(40)
        change(&configuration)
        return RedisClient(configuration)
    }

    private func failure(of client: RedisClient, _ command: RedisCommand = ["PING"]) async -> RedisError? {
        do throws(RedisError) {
            _ = try await client.send(command)
            return nil
        } catch {
            return error
        }
    }

    @Test(.oneServer("a client speaks to one server")) func pipelinesAHundredThousandCommands() async throws {
        let client = try client(try await RedisTestServer.shared().url)
        let key = "pipeline-\(UInt64.random(in: 0...UInt64.max))"
        let results = try await client.pipeline(Array(repeating: ["INCR", key], count: 100_000))
        #expect(try results.map { try $0.get().root.integer } == Array(1...100_000))
        _ = try await client.send(["DEL", key])
        #expect(client.connections == 1)
        await client.close()
    }

    @Test(.oneServer("a client speaks to one server")) func carriesAValueOf64MegabytesBothWays() async throws {
        let client = try client(try await RedisTestServer.shared().url)
        let key = "large-\(UInt64.random(in: 0...UInt64.max))"
        let value = Array(repeating: Array(0...255 as ClosedRange<UInt8>), count: 64 << 12).flatMap { $0 }
        var set: RedisCommand = ["SET", key]
        set.append(contentsOf: value)
        #expect(try await client.send(set, timeout: .seconds(60)).root.string == "OK")
        let reply = try await client.send(["GET", key], timeout: .seconds(60))
        #expect(reply.root.bytes == value)
        _ = try await client.send(["DEL", key])
        await client.close()
    }

    @Test(.oneServer("a client speaks to one server")) func waitsInABlockingPop() async throws {
        let url = try await RedisTestServer.shared().url
        let key = "blocking-\(UInt64.random(in: 0...UInt64.max))"
        let (waiter, producer) = (try client(url), try client(url))
        async let popped = waiter.sendBlocking(["BLPOP", key, "20"], blockFor: .seconds(20))
        _ = try await producer.send(["RPUSH", key, "token"])
        #expect(try await popped.root[1].string == "token")
        #expect(try await waiter.sendBlocking(["BLPOP", key, "0.01"], blockFor: .milliseconds(10)).root.isNull)
        await waiter.close()
        await producer.close()
    }

    @Test func speaksTLSWithItsOwnAuthorityAndCertificate() async throws {
        let server = try await RedisTestServer.start(.init(tls: true))
        let tls = try #require(server.tls)
        let port = try #require(server.tlsPort)
        let byAddress = try client(server.url)
        #expect(await failure(of: byAddress) == nil)
        let byName = try client(
            "rediss://localhost:\(port)?ca=\(tls.authority)&cert=\(tls.clientCertificate)&key=\(tls.clientKey)")
        #expect(await failure(of: byName) == nil)
        let credulous = try client("rediss://localhost:\(port)?cert=\(tls.clientCertificate)&key=\(tls.clientKey)&verify=none")
        #expect(await failure(of: credulous) == nil)

        let stranger = try client("rediss://localhost:\(port)?cert=\(tls.clientCertificate)&key=\(tls.clientKey)")
        #expect(
            await failure(of: stranger) == .unreachable("localhost:\(port): TLS: the server's certificate is not to be trusted"))
        let nameless = try client("rediss://localhost:\(port)?ca=\(tls.authority)")
        guard case .unreachable? = await failure(of: nameless) else {
            Issue.record("a client without a certificate got in")
            return
        }
        for client in [byAddress, byName, credulous, stranger, nameless] { await client.close() }
        try await server.stop()
    }

    @Test func theFileOfAPrivateKeyIsUnderTheRuleOfSecrets() async throws {
        let server = try await RedisTestServer.start(.init(tls: true))
        let tls = try #require(server.tls)
        let port = try #require(server.tlsPort)
        let link = tls.clientKey + "-link"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: tls.clientKey)
        func set(_ mode: Int) throws {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: tls.clientKey)
        }
        let told = Mutex<[String]>([])
        let logger = Logger(label: "test") { _ in Listener(told: { text in told.withLock { $0.append(text) } }) }
        let url = "rediss://localhost:\(port)?ca=\(tls.authority)&cert=\(tls.clientCertificate)&key=\(link)"
        for (mode, reason) in [
            (0o600, nil), (0o644, nil), (0o666, "the file of the private key '\(link)' can be changed by others"),
        ] as [(Int, String?)] {
            try set(mode)
            for _ in 0..<2 {
                var configuration = try RedisConfiguration(url: url)
                configuration.connectTimeout = .seconds(40)
                configuration.commandTimeout = .seconds(40)
                let client = RedisClient(configuration, logger: logger)
                let found = await failure(of: client)
                #expect(reason.map { found?.description.contains($0) == true } ?? (found == nil), "\(String(describing: found))")
                await client.close()
            }
        }
        #expect(told.withLock { $0.count { $0.contains("the file of the private key '\(link)' can be read by others") } } == 1)
        #expect(PrivateKeyFile.warning(link) == nil, "it was told of")
        try await server.stop()
    }

    /// Hears what is logged.
    private struct Listener: LogHandler {
        var told: @Sendable (String) -> Void
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.warning

        init(told: @escaping @Sendable (String) -> Void) { self.told = told }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { told("\(event.message)") }
    }

    /// Who has an address certified, and can make a name lead there, passes for that address and not for the name.
    @Test func aCertificateForTheAddressIsForNoName() async throws {
        var options = RedisTestServer.Options(tls: true)
        options.certified = "IP:127.0.0.1"
        let server = try await RedisTestServer.start(options)
        let tls = try #require(server.tls)
        let port = try #require(server.tlsPort)
        let proof = "cert=\(tls.clientCertificate)&key=\(tls.clientKey)"
        let byAddress = try client("rediss://127.0.0.1:\(port)?ca=\(tls.authority)&\(proof)")
        #expect(await failure(of: byAddress) == nil)
        let byName = try client("rediss://:secret@localhost:\(port)?ca=\(tls.authority)&\(proof)")
        #expect(
            await failure(of: byName) == .unreachable("localhost:\(port): TLS: the server's certificate is for another name"))
        #expect(byName.connections == 0)
        for client in [byAddress, byName] { await client.close() }
        try await server.stop()
    }

    @Test func saysThatAServerDoesNotSpeakTLS() async throws {
        let server = try await RedisTestServer.start(.init(tcp: true))
        let port = try #require(server.tcpPort)
        let client = try client("rediss://127.0.0.1:\(port)") { $0.connectTimeout = .seconds(2) }
        guard case .unreachable? = await failure(of: client) else {
            Issue.record("not unreachable")
            return
        }
        await client.close()
        try await server.stop()
    }

    @Test func logsInAsAUserAndIsToldWhenItMayNot() async throws {
        let server = try await RedisTestServer.start(.init(aclUsers: ["worker on >p@ss ~sluice:* +@read +@write +@connection"]))
        let path = server.socketPath
        let worker = try client("unix://worker:p%40ss@\(path)")
        #expect(await failure(of: worker, ["SET", "sluice:a", "1"]) == nil)
        guard case .server(let denied)? = await failure(of: worker, ["SET", "foreign", "1"]) else {
            Issue.record("wrote a foreign key")
            return
        }
        #expect(denied.code == "NOPERM")
        #expect(worker.connections == 1)

        let impostor = try client("unix://worker:XYZZY@\(path)")
        guard case .refused(let reason)? = await failure(of: impostor) else {
            Issue.record("got in")
            return
        }
        #expect(reason.hasPrefix("\(path): AUTH: WRONGPASS") && !reason.contains("XYZZY"))
        let lost = try client("unix://\(path)?db=99")
        guard case .refused(let missing)? = await failure(of: lost) else {
            Issue.record("selected a database that does not exist")
            return
        }
        #expect(missing.contains("SELECT 99"))
        for client in [worker, impostor, lost] { await client.close() }
        try await server.stop()
    }

    @Test func aConnectionKilledInACallIsLostAndMadeAnew() async throws {
        let server = try await RedisTestServer.start()
        let (victim, killer) = (try client(server.url), try client(server.url))
        let id = try #require(try await victim.send(["CLIENT", "ID"]).root.integer)
        let call = Task { await failure(of: victim, ["BLPOP", "nothing", "20"]) }
        // The kill must find the call in flight.
        while try await killer.send(["INFO", "clients"]).root.string?.contains("blocked_clients:1") != true {}
        _ = try await killer.send(["CLIENT", "KILL", "ID", String(id)])
        guard case .lost? = await call.value else {
            Issue.record("not lost")
            return
        }
        #expect(await failure(of: victim) == nil)
        #expect(victim.connections == 2)
        await victim.close()
        await killer.close()
        try await server.stop()
    }

    @Test func outlivesARestartOfTheServer() async throws {
        let server = try await RedisTestServer.start()
        let client = try client(server.url)
        #expect(await failure(of: client) == nil)
        try await server.kill()
        // The first may still find the dead connection; then nobody listens.
        let errors = [await failure(of: client), await failure(of: client), await failure(of: client)]
        #expect(errors.allSatisfy { if case .unreachable? = $0 { true } else if case .lost? = $0 { true } else { false } })
        try await server.restart()
        // Whoever calls during the pause waits for the next attempt, which finds the server.
        #expect(await failure(of: client) == nil)
        #expect(client.connections == 2)
        await client.close()
        try await server.stop()
    }

    @Test func aFrozenServerRunsIntoTheDeadline() async throws {
        let server = try await RedisTestServer.start()
        let client = try client(server.url) { $0.connectTimeout = .seconds(1) }
        #expect(await failure(of: client) == nil)
        try await server.suspend()
        await #expect(throws: RedisError.timedOut(.milliseconds(200))) {
            try await client.send(["PING"], timeout: .milliseconds(200))
        }
        try await server.resume()
        // An attempt that fell into the freeze may still end in its timeout.
        while await failure(of: client) != nil {}
        #expect(client.connections > 1)
        await client.close()
        try await server.stop()
    }
}
