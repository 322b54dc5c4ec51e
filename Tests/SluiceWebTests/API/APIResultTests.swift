import Foundation
import HTTPTypes
import HummingbirdTesting
import Sluice
import SluiceCore
import SluiceInspector
import SluiceTesting
import Subprocess
import SystemPackage
import Testing

@testable import SluiceWeb

/// Results that a client waits for.
@Suite(.timeLimit(.minutes(5)))
struct APIResultTests {
    @Test func aPollAnswersAtTheEnd() async throws {
        let fixture = try await APIFixture(.server)
        try await fixture.serve { call async throws in
            let job = try await call(.post, "queues/greetings/jobs", #"{"kind":"greet","id":"1","args":{"name":"Ada"}}"#)
            #expect(job.status == 201)
            let early = try await call(.get, "jobs/greetings/1/result")
            #expect(early.status == 202)
            #expect(early.string("state") == "available")
            try await fixture.greeting("greetings") {
                let answer = try await call(.get, "jobs/greetings/1/result?wait=60")
                #expect(answer.status == 200)
                #expect(answer.string("state") == "completed")
                #expect(answer.string("result") == "Hello, Ada")
                #expect(answer.string("ended_at") != nil)
            }
        }
    }

    @Test func aPollEndsAtItsTime() async throws {
        let fixture = try await APIFixture(.server)
        try await fixture.serve { call async throws in
            _ = try await call(.post, "queues/greetings/jobs", #"{"kind":"greet","id":"1"}"#)
            let answer = try await call(.get, "jobs/greetings/1/result?wait=1")
            #expect(answer.status == 202)
            #expect(try await call(.get, "jobs/greetings/1/result?wait=61").status == 422)
        }
    }

    @Test func aFailedJobTellsItsError() async throws {
        let fixture = try await APIFixture(.server)
        try await fixture.serve { call async throws in
            _ = try await call(
                .post, "queues/greetings/jobs", #"{"kind":"greet","id":"1","max_attempts":1,"args":{"name":""}}"#)
            try await fixture.greeting("greetings") {
                let answer = try await call(.get, "jobs/greetings/1/result?wait=60")
                #expect(answer.status == 200)
                #expect(answer.string("state") == "discarded")
                #expect(answer.string("error") == "nobody is greeted")
                #expect(answer["result"] is NSNull)
            }
        }
    }

    @Test func aStreamTellsTheEnd() async throws {
        let fixture = try await APIFixture(.server)
        try await fixture.serve(.live) { call in
            _ = try await call(.post, "queues/greetings/jobs", #"{"kind":"greet","id":"1","args":{"name":"Ada"}}"#)
            try await fixture.greeting("greetings") {
                let answer = try await call(.get, "jobs/greetings/1/result", headers: [("Accept", "text/event-stream")])
                #expect(answer.headers[.contentType] == "text/event-stream")
                let event = try #require(answer.text.components(separatedBy: "\n\n").first { $0.hasPrefix("event: result") })
                #expect(event.contains(#""result":"Hello, Ada""#))
            }
            _ = try await call(.post, "queues/idle/jobs", #"{"kind":"greet","id":"2"}"#)
            let late = try await call(.get, "jobs/idle/2/result?wait=1", headers: [("Accept", "text/event-stream")])
            #expect(late.text.contains("event: timeout\ndata: "))
        }
    }

    @Test func tooManyWaitsAreRefused() {
        let waits = Waits()
        var tickets = (0..<Waits.most).map { _ in waits.begin() }
        #expect(tickets.allSatisfy { $0 != nil })
        #expect(waits.begin() == nil)
        tickets.removeAll()
        #expect(waits.open == 0)
        #expect(waits.begin() != nil)
        let one = Waits(1)
        let ticket = one.begin()
        #expect(one.begin() == nil)
        withExtendedLifetime(ticket) {}
    }

    /// Sources/Examples/HTTPClient/sluice_client.py against a server on a port, with a token.
    @Test func theClientInPythonProducesAndConsumes() async throws {
        guard let python = ["/usr/bin/python3", "/usr/local/bin/python3"].first(where: FileManager.default.isExecutableFile)
        else {
            print("skipped: there is no python3 here")
            return
        }
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../Sources/Examples/HTTPClient/sluice_client.py").standardized.path
        let fixture = try await APIFixture(.server, access: .custom { _ in nil })
        let token = try await fixture.inspector.createToken(
            "python", role: .operator, queues: ["greetings"], kinds: ["greet"]
        ).secret
        try await fixture.serve(.live) { call in
            let port = try #require(call.client.port)
            func run(_ secret: String, _ names: [String]) async throws -> (output: String, error: String) {
                let result = try await Subprocess.run(
                    .path(FilePath(python)), arguments: Arguments([script, "http://127.0.0.1:\(port)", "greetings"] + names),
                    environment: .inherit.updating(["SLUICE_TOKEN": secret, "PYTHONDONTWRITEBYTECODE": "1"]), input: .none,
                    output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
                return (result.standardOutput, result.standardError)
            }
            try await fixture.greeting("greetings") {
                let good = try await run(token, ["Ada", "Grace"])
                #expect(good.output == "Hello, Ada\nHello, Grace\n", "\(good.error)")
                let bad = try await run("sluice_no", ["Ada"])
                #expect(bad.error.contains("there is no such token"))
            }
        }
    }
}
