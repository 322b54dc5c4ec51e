import NIOCore
import Testing

@testable import Hiredis

/// What a client makes of servers that go away, answer late, or speak out of turn.
@Suite(.timeLimit(.minutes(10))) struct BrokenConnectionTests {
    /// The error of a call that must fail.
    private func failure(_ body: () async throws(RedisError) -> RedisReply) async -> RedisError? {
        do throws(RedisError) {
            let reply = try await body()
            Issue.record("got \(reply.root.kind) instead of an error")
            return nil
        } catch {
            return error
        }
    }

    @Test func aCloseInTheMiddleOfAReplyLosesWhatIsInFlightAndTheNextCallConnectsAnew() async throws {
        let server = try await FakeServer.start { words, peer in
            guard words[0] == "CUT" else { return peer.write("+\(peer.number)\r\n") }
            peer.write("*2\r\n$5\r\nab")
            peer.close()
        }
        let client = RedisClient(server.configuration)
        let results = try await client.pipeline([["A"], ["CUT"], ["B"]])
        #expect(try results[0].get().root.string == "1")
        for result in results[1...] {
            guard case .failure(.lost(let reason)) = result else {
                Issue.record("\(result)")
                continue
            }
            #expect(reason.contains("middle of a reply") && reason.contains("127.0.0.1:\(server.port)"))
        }
        #expect(try await client.send(["A"]).root.string == "2")
        #expect(client.connections == 2)
        await client.close()
        try await server.stop()
    }

    @Test func aHalfClosedConnectionIsLost() async throws {
        let server = try await FakeServer.start { _, peer in peer.channel.close(mode: .output, promise: nil) }
        let client = RedisClient(server.configuration)
        guard case .lost? = await failure({ () throws(RedisError) in try await client.send(["A"]) }) else {
            Issue.record("not lost")
            return
        }
        await client.close()
        try await server.stop()
    }

    @Test(arguments: ["%1\r\n+a\r\n+b\r\n", "*2147483647\r\n", "$9223372036854775807\r\n", "HTTP/1.1 400 Bad Request\r\n\r\n"])
    func aHostileReplyEndsTheConnection(text: String) async throws {
        let server = try await FakeServer.start { words, peer in peer.write(words[0] == "BAD" ? text : "+OK\r\n") }
        let client = RedisClient(server.configuration)
        for result in try await client.pipeline([["BAD"], ["NEXT"]]) {
            guard case .failure(.protocolViolation(let reason)) = result else {
                Issue.record("\(result)")
                continue
            }
            #expect(reason.hasPrefix("127.0.0.1:\(server.port): "))
        }
        #expect(try await client.send(["GOOD"]).root.string == "OK")
        #expect(client.connections == 2)
        await client.close()
        try await server.stop()
    }

    @Test func aWebServerAtThatPortIsNoticedBeforeAnythingIsSent() async throws {
        let server = try await FakeServer.start(greets: false) { _, peer in peer.write("HTTP/1.1 400 Bad Request\r\n\r\n") }
        let client = RedisClient(server.configuration)
        guard case .protocolViolation? = await failure({ () throws(RedisError) in try await client.send(["A"]) }) else {
            Issue.record("no violation")
            return
        }
        #expect(client.connections == 0)
        await client.close()
        try await server.stop()
    }

    @Test func aReplyNobodyAskedForEndsTheConnection() async throws {
        let (closed, isClosed) = AsyncStream.makeStream(of: Void.self)
        let server = try await FakeServer.start { _, peer in
            if peer.number == 1 { peer.channel.closeFuture.whenComplete { _ in isClosed.finish() } }
            peer.write(peer.number == 1 ? "+A\r\n+B\r\n" : "+C\r\n")
        }
        let client = RedisClient(server.configuration)
        #expect(try await client.send(["X"]).root.string == "A")
        for await _ in closed {}
        #expect(try await client.send(["X"]).root.string == "C")
        #expect(client.connections == 2)
        await client.close()
        try await server.stop()
    }

    @Test func aMissedDeadlineClosesTheConnectionSoThatALateReplyHarmsNobody() async throws {
        let server = try await FakeServer.start { words, peer in
            guard words[0] == "LATE" else { return peer.write("+\(words[0])\r\n") }
            peer.channel.closeFuture.whenComplete { _ in peer.write("+LATE\r\n") }
        }
        let client = RedisClient(server.configuration)
        // Connected beforehand, so that the short deadline is the command's alone.
        #expect(try await client.send(["A"]).root.string == "A")
        let (results, arrival) = AsyncStream.makeStream(of: Result<RedisReply, RedisError>.self)
        client.send(["LATE"], timeout: .milliseconds(80)) { arrival.yield($0) }
        client.send(["LATE"], timeout: .seconds(30)) { result in
            arrival.yield(result)
            arrival.finish()
        }
        let failures = await results.reduce(into: []) { $0.append($1) }
        #expect(failures.first == .failure(.timedOut(.milliseconds(80))))
        guard case .failure(.lost(let reason))? = failures.last else {
            Issue.record("not lost")
            return
        }
        #expect(reason.contains("another command got no reply in time"))
        #expect(try await client.send(["A"]).root.string == "A")
        await client.close()
        try await server.stop()
    }

    @Test func deadlinesOfManyCallsAreWatchedByTheirAge() async throws {
        let server = try await FakeServer.start { words, peer in
            if words[0] == "A" { peer.write("+A\r\n") }
        }
        let client = RedisClient(server.configuration)
        // The long deadline comes first, the short one after it; then one that is met, before one that is not.
        #expect(try await client.send(["A"], timeout: .seconds(60)).root.string == "A")
        let first = await failure { () throws(RedisError) in try await client.send(["B"], timeout: .milliseconds(30)) }
        #expect(first == .timedOut(.milliseconds(30)))
        #expect(try await client.send(["A"]).root.string == "A")
        // On a busy machine even this one may come late; what matters is that the timer was armed for one that was met.
        while (try? await client.send(["A"], timeout: .seconds(1))) == nil {}
        let second = await failure { () throws(RedisError) in try await client.send(["B"], timeout: .milliseconds(1_500)) }
        #expect(second == .timedOut(.milliseconds(1_500)))
        #expect(client.connections > 1)
        await client.close()
        try await server.stop()
    }

    @Test func closingTheClientLosesWhatIsInFlight() async throws {
        let (arrived, arrival) = AsyncStream.makeStream(of: Void.self)
        let server = try await FakeServer.start { _, _ in arrival.finish() }
        let client = RedisClient(server.configuration)
        async let error = failure { () throws(RedisError) in try await client.send(["A"]) }
        for await _ in arrived {}
        await client.close()
        guard case .lost(let reason)? = await error else {
            Issue.record("not lost")
            return
        }
        #expect(reason.contains("client was closed"))
        try await server.stop()
    }

    @Test func aCancelledBlockingCallEndsAtOnceAndTheClientGoesOn() async throws {
        let (arrived, arrival) = AsyncStream.makeStream(of: Void.self)
        let server = try await FakeServer.start { words, peer in
            if words[0] == "BLPOP" { arrival.finish() } else { peer.write("+OK\r\n") }
        }
        let client = RedisClient(server.configuration)
        let blocked = Task {
            await failure { () throws(RedisError) in try await client.sendBlocking(["BLPOP", "k", "50"], blockFor: .seconds(50)) }
        }
        for await _ in arrived {}
        blocked.cancel()
        #expect(await blocked.value == .closed)
        #expect(try await client.sendBlocking(["A"], blockFor: .seconds(1)).root.string == "OK")
        #expect(client.connections == 2)
        await client.close()
        try await server.stop()
    }

    @Test func aCallCancelledBeforeItStartsEndsToo() async throws {
        let server = try await FakeServer.start { _, _ in }
        let client = RedisClient(server.configuration)
        let blocked = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await failure { () throws(RedisError) in
                try await client.sendBlocking(["BLPOP", "k", "50"], blockFor: .seconds(50))
            }
        }
        #expect(await blocked.value == .closed)
        await client.close()
        try await server.stop()
    }

    @Test func cancellationOfAnOrdinaryCallIsIgnored() async throws {
        let server = try await FakeServer.start { _, peer in peer.write("+OK\r\n") }
        let client = RedisClient(server.configuration)
        let call = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await client.send(["CLAIM"])
        }
        #expect(try await call.value.root.string == "OK")
        await client.close()
        try await server.stop()
    }
}
