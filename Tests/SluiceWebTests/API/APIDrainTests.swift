import Foundation
import HTTPTypes
import Sluice
import SluiceCore
import SluiceInspector
import SluiceTesting
import Testing

@testable import SluiceWeb

/// Waits for a queue to drain.
@Suite(.timeLimit(.minutes(5)))
struct APIDrainTests {
    private static let path = "queues/greetings/drain"

    @Test func itAnswersWhenTheWorkersAreDone() async throws {
        let fixture = try await APIFixture(.server)
        try await fixture.serve { call async throws in
            #expect(try await call(.get, Self.path).status == 404)
            _ = try await call(.post, "queues/greetings/jobs", #"{"kind":"greet","args":{"name":"Ada"}}"#)
            let early = try await call(.get, Self.path)
            #expect(early.status == 202)
            #expect(early.text == #"{"queue":"greetings","drained":false,"left":1}"#)
            let actions = try await fixture.inspector.actions(newest: 10).actions.count
            try await fixture.greeting("greetings") {
                let answer = try await call(.get, "\(Self.path)?wait=60")
                #expect(answer.status == 200)
                #expect(answer.text == #"{"queue":"greetings","drained":true,"left":0}"#)
            }
            #expect(try await fixture.inspector.actions(newest: 10).actions.count == actions)
        }
    }

    @Test func itEndsAtItsTime() async throws {
        let fixture = try await APIFixture(.server)
        try await fixture.serve { call async throws in
            _ = try await call(.post, "queues/greetings/jobs", #"{"kind":"greet"}"#)
            _ = try await call(.post, "queues/greetings/jobs", #"{"kind":"greet","delay":"1h"}"#)
            let answer = try await call(.get, "\(Self.path)?wait=1")
            #expect(answer.status == 202)
            #expect(answer["left"] as? Int == 1)
            #expect(try await call(.get, "\(Self.path)?jobs=all")["left"] as? Int == 2)
            #expect(try await call(.get, "\(Self.path)?jobs=running&wait=60").status == 200)
            for query in ["wait=61", "wait=-1", "wait=soon", "jobs=none", "timeout=1"] {
                #expect(try await call(.get, "\(Self.path)?\(query)").status == 422, "\(query)")
            }
        }
    }

    @Test func aPausedQueueIsNotWaitedFor() async throws {
        let fixture = try await APIFixture()
        try await fixture.serve { call async throws in
            _ = try await call(.post, "queues/greetings/jobs", #"{"kind":"greet"}"#)
            try await fixture.inspector.pause("greetings", reason: "the host moves")
            for query in ["", "?jobs=ready&wait=60", "?jobs=all&wait=60"] {
                let answer = try await call(.get, Self.path + query)
                #expect(answer.status == 409)
                #expect(answer.string("code") == "paused")
                #expect(answer.string("detail")?.contains("moves") == true)
            }
            #expect(try await call(.get, "\(Self.path)?jobs=running").status == 200)
        }
    }
}
