import Sluice
import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceTesting
import Testing

@testable import SluiceWeb

/// A built server with many viewers, and with faults around it.
@Suite(.timeLimit(.minutes(10)))
struct ServerFaultTests {
    private typealias Answer = Visitor.Answer

    private static let queue = Answer(status: 200, title: "mail")
    private static let away = Answer(status: 503, title: "Redis cannot be used")

    /// A queue `mail` with a job.
    private func queues() async throws -> TestNamespace {
        let queues = try await TestNamespace(on: try await RedisTestServer.start(.init(aof: true)), clock: .server)
        let client = try await queues.client()
        var request = try JobRequest(kind: "email", queue: "mail", arguments: "{}")
        request.id = "a"
        try await client.enqueue([request])
        await client.close()
        return queues
    }

    /// 200 streams hear of a change while one does not read; closed ones make room; all end when the server is asked to stop.
    @Test func manyStreamsHearOfAChange() async throws {
        let queues = try await queues()
        let server = try await ServerProcess(queues, try ServerFiles())
        let token = try await Inspector(queues.store).createToken("script", role: .operator)
        let said = try await Scripts.run("streams.py", ["127.0.0.1:\(server.port)", "\(server.pid)", token.secret])
        #expect(
            said == [
                #"{"step": "open", "streams": 200}"#, #"{"step": "change", "status": 201, "told": 200}"#,
                #"{"step": "memory", "is_small": true}"#, #"{"step": "stop", "ended": 200}"#,
            ])
        #expect(await server.hasEndedWell())
    }

    /// A queue has as many event streams as it may, and not one more. All tell of a job; a closed one makes room; all end in order
    /// when the server is asked to stop.
    @Test func manyFollowAQueue() async throws {
        let queues = try await queues()
        let server = try await ServerProcess(queues, try ServerFiles())
        let token = try await Inspector(queues.store).createToken("script", role: .operator)
        let most = EventTail.most
        let said = try await Scripts.run("tails.py", ["127.0.0.1:\(server.port)", "\(server.pid)", token.secret, "\(most)"])
        #expect(
            said == [
                #"{"step": "open", "streams": \#(most)}"#,
                #"{"step": "one more", "status": 503, "type": "application/problem+json", "code": "busy", "retry": "5"}"#,
                #"{"step": "job", "told": \#(most)}"#, #"{"step": "room", "opened": true, "then": 503}"#,
                #"{"step": "stop", "ended": \#(most), "whole": \#(most), "is_prompt": true}"#,
            ])
        #expect(await server.hasEndedWell())
    }

    /// With a secret of its own the new server knows who has logged in; else it asks.
    @Test func aKilledServerComesBack() async throws {
        let (queues, files) = (try await queues(), try ServerFiles())
        try await Visitor.visiting { visitor in
            let first = try await ServerProcess(queues, files, ["--secret-file", files.secret])
            let port = first.port
            try await visitor.logIn(first.url)
            #expect(try await visitor.get("\(first.url)/queues/mail") == Self.queue)
            await first.killAndWait()
            let second = try await ServerProcess(queues, files, port: port, ["--secret-file", files.secret])
            #expect(try await visitor.get("\(second.url)/queues/mail") == Self.queue)
            await second.killAndWait()
            let third = try await ServerProcess(queues, files, port: port)
            let login = Answer(status: 303, location: "/login?next=%2Fqueues%2Fmail")
            #expect(try await visitor.get("\(third.url)/queues/mail") == login)
            await third.killAndWait()
        }
    }

    /// Pages say so, with status 503, and are there again by themselves.
    @Test func redisIsFrozenAndKilled() async throws {
        let queues = try await queues()
        let server = try await ServerProcess(queues, try ServerFiles())
        try await Visitor.visiting { visitor in
            try await visitor.logIn(server.url)
            let pages = ["\(server.url)/queues/mail", "\(server.url)/jobs/mail/a"]
            #expect(try await visitor.get(pages[0]) == Self.queue)
            try await queues.server.suspend()
            for page in pages { #expect(try await visitor.wait(page) { $0.status != 200 } == Self.away) }
            #expect(try await visitor.get("\(server.url)/livez").status == 200)
            #expect(try await visitor.get("\(server.url)/readyz").status == 503)
            try await queues.server.resume()
            #expect(try await visitor.wait(pages[0]) { $0.status != 503 } == Self.queue)
            try await queues.server.kill()
            for page in pages { #expect(try await visitor.wait(page) { $0.status != 200 } == Self.away) }
            try await queues.server.restart()
            #expect(try await visitor.wait(pages[1]) { $0.status != 503 } == Answer(status: 200, title: "email"))
            #expect(try await visitor.wait("\(server.url)/readyz") { $0.status != 503 }.status == 200)
        }
        await server.killAndWait()
    }
}
