import Synchronization
import Testing

@testable import Hiredis

@Suite struct RedisClientTests {
    @Test func answersInOrder() async throws {
        let server = try await FakeServer.start { words, peer in peer.write("+\(words[1])\r\n") }
        let client = RedisClient(server.configuration)
        #expect(try await client.send(["ECHO", "a"]).root.string == "a")
        let results = try await client.pipeline((0..<1_000).map { ["ECHO", String($0)] })
        #expect(try results.map { try $0.get().root.integer } == Array(0..<1_000))
        #expect(client.connections == 1)
        await client.close()
        try await server.stop()
    }

    @Test func throwsAnErrorReplyAndGoesOn() async throws {
        let server = try await FakeServer.start { words, peer in
            peer.write(words[0] == "BAD" ? "-WRONGTYPE of value\r\n" : "*2\r\n:1\r\n-FENCED off\r\n")
        }
        let client = RedisClient(server.configuration)
        await #expect(throws: RedisError.server(RedisServerError(code: "WRONGTYPE", message: "of value"))) {
            try await client.send(["BAD"])
        }
        let reply = try await client.send(["GOOD"])
        #expect(reply.root[1].error?.code == "FENCED")
        await client.close()
        try await server.stop()
    }
}
