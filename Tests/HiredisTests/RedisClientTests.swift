import NIOCore
import Testing

@testable import Hiredis

/// Against a fake server that answers in order and in form.
@Suite(.timeLimit(.minutes(10))) struct RedisClientTests {
    @Test func answersInOrderOverOneConnection() async throws {
        let server = try await FakeServer.start { words, peer in peer.write("+\(words[1])\r\n") }
        let client = RedisClient(server.configuration)
        #expect(try await client.send(["ECHO", "a"]).root.string == "a")
        let results = try await client.pipeline((0..<1_000).map { ["ECHO", String($0)] })
        #expect(try results.map { try $0.get().root.integer } == Array(0..<1_000))
        #expect(client.connections == 1)
        #expect(try await client.pipeline([]).isEmpty)
        await client.close()
        try await server.stop()
    }

    @Test func throwsAnErrorReplyAndGoesOn() async throws {
        let server = try await FakeServer.start { words, peer in
            peer.write(words[0] == "BAD" ? "-WRONGTYPE of value\r\n" : "*2\r\n:1\r\n-FENCED off\r\n")
        }
        let client = RedisClient(server.configuration)
        let wrong = RedisError.server(RedisServerError(code: "WRONGTYPE", message: "of value"))
        await #expect(throws: wrong) { try await client.send(["BAD"]) }
        #expect(try await client.send(["GOOD"]).root[1].error?.code == "FENCED")
        let results = try await client.pipeline([["BAD"], ["GOOD"]])
        #expect(results[0] == .failure(wrong))
        #expect(try results[1].get().root[0].integer == 1)
        #expect(client.connections == 1)
        await client.close()
        try await server.stop()
    }

    @Test func refusesABadCommandAndSendsNoneOfItsPipeline() async throws {
        let server = try await FakeServer.start { words, peer in peer.write("+\(words[0])\r\n") }
        let client = RedisClient(server.configuration)
        await #expect(throws: RedisError.refused("a command without a word")) { try await client.send([]) }
        await #expect(throws: RedisError.refused("a command without a word")) { try await client.pipeline([["A"], []]) }
        #expect(try await client.send(["B"]).root.string == "B")
        await client.close()
        try await server.stop()
    }

    @Test func greetsBeforeAnythingElse() async throws {
        let (commands, seen) = AsyncStream.makeStream(of: [String].self)
        let server = try await FakeServer.start(greets: false) { words, peer in
            seen.yield(words)
            peer.write("+OK\r\n")
        }
        var configuration = server.configuration
        configuration.username = "me"
        configuration.password = "pw"
        configuration.database = 3
        let client = RedisClient(configuration) { session throws(RedisError) in _ = try await session.send(["INFO"]) }
        _ = try await client.send(["GET", "a"])
        await client.close()
        seen.finish()
        let expected = [["AUTH", "me", "pw"], ["SELECT", "3"], ["CLIENT", "SETNAME", "sluice"], ["INFO"], ["GET", "a"]]
        #expect(await commands.reduce(into: []) { $0.append($1) } == expected)
        try await server.stop()
    }

    @Test func theCheckOfANewConnectionCanRefuseIt() async throws {
        let server = try await FakeServer.start { _, peer in peer.write("+6.2\r\n") }
        let client = RedisClient(server.configuration) { session throws(RedisError) in
            let version = try await session.send(["INFO"]).root.string ?? ""
            throw .refused("needs Redis 7, this is \(version)")
        }
        await #expect(throws: RedisError.refused("needs Redis 7, this is 6.2")) { try await client.send(["GET", "a"]) }
        #expect(client.connections == 0)
        await client.close()
        try await server.stop()
    }

    @Test func aClosedClientSendsNothing() async throws {
        let server = try await FakeServer.start { _, _ in }
        let client = RedisClient(server.configuration)
        await client.close()
        await client.close()
        await #expect(throws: RedisError.closed) { try await client.send(["A"]) }
        await #expect(throws: RedisError.closed) { try await client.pipeline([["A"], ["B"]]) }
        await #expect(throws: RedisError.closed) { try await client.sendBlocking(["A"], blockFor: .seconds(1)) }
        try await server.stop()
    }

    @Test func lettingGoOfAClientClosesItsConnection() async throws {
        let (closed, isClosed) = AsyncStream.makeStream(of: Void.self)
        let server = try await FakeServer.start { _, peer in
            peer.channel.closeFuture.whenComplete { _ in isClosed.finish() }
            peer.write("+OK\r\n")
        }
        do {
            let client = RedisClient(server.configuration)
            _ = try await client.send(["A"])
        }
        for await _ in closed {}
        try await server.stop()
    }
}
