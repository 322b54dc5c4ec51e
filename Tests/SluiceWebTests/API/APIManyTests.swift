import Foundation
import HTTPTypes
import Sluice
import SluiceCore
import SluiceInspector
import SluiceTesting
import Testing

@testable import SluiceWeb

/// Many jobs in one request.
struct APIManyTests {
    private func outcomes(_ answer: APIAnswer) -> [String] {
        (answer["jobs"] as? [[String: Any]] ?? []).map { job in
            if let error = job["error"] as? [String: Any] {
                let pointer = error["pointer"] as? String
                return "\(error["status"] ?? 0) \(error["code"] ?? "")" + (pointer.map { " \($0)" } ?? "")
            }
            return "\(job["queue"] ?? "")/\(job["id"] ?? "") \(job["added"] as? Bool == true ? "added" : "existing")"
        }
    }

    @Test func eachHasAnOutcomeOfItsOwn() async throws {
        let fixture = try await APIFixture()
        try await fixture.serve { call async throws in
            let answer = try await call(
                .post, "jobs",
                """
                [{"queue":"a","kind":"x","id":"1"},{"queue":"b","kind":"x","id":"1"},{"queue":"a","kind":"x","id":"1"},
                 {"queue":"a","kind":"","id":"2"},{"queue":"a","kind":"x","id":"3","priority":10},
                 {"queue":"a","kind":"x","id":"4","color":"red"},7,{"queue":"a","kind":"x","id":"5","after":"1"},
                 {"queue":"a","kind":"x","id":"6","after":"nobody"},{"kind":"x"},
                 {"queue":"a","kind":"x","id":"8","unique":"k","on_conflict":"fail"},
                 {"queue":"a","kind":"x","id":"9","unique":"k","on_conflict":"fail"}]
                """)
            #expect(answer.status == 207)
            #expect(
                outcomes(answer) == [
                    "a/1 added", "b/1 added", "a/1 existing", "422 invalidArgument /3/kind", "422 invalidArgument /4/priority",
                    "422 invalidArgument /5/color", "422 invalidArgument /6", "a/5 added", "422 parentUnknown",
                    "422 invalidArgument /9", "a/8 added", "409 duplicate",
                ])
            #expect([answer["added"], answer["existing"], answer["refused"]].map { $0 as? Int } == [4, 1, 7])
            #expect(try await fixture.inspector.job("5", in: "a")?.state == .suspended)
        }
    }

    @Test func jobsMayBeLines() async throws {
        let fixture = try await APIFixture()
        try await fixture.serve { call async throws in
            let lines = """
                {"queue":"a","kind":"x","id":"1"}

                {"queue":"a","kind":"x",
                {"queue":"a","kind":"x","id":"2"}\r

                """
            let answer = try await call(.post, "jobs", lines, type: "application/x-ndjson")
            #expect(answer.status == 207)
            #expect(outcomes(answer) == ["a/1 added", "400 malformedJSON", "a/2 added"])
        }
    }

    /// Several calls in flight, several queues, more than one call's worth.
    @Test func thousandsArriveInOrder() async throws {
        let fixture = try await APIFixture()
        try await fixture.serve { call async throws in
            let jobs = (0..<EnqueueRoutes.most).map { number in
                #"{"queue":"\#(number % 4 == 0 ? "a" : "b")","kind":"x","id":"\#(number)"}"#
            }
            let answer = try await call(.post, "jobs", "[\(jobs.joined(separator: ","))]")
            #expect(answer.status == 200)
            #expect(answer["added"] as? Int == EnqueueRoutes.most)
            let ids = (answer["jobs"] as? [[String: Any]] ?? []).map { $0["id"] as? String }
            #expect(ids == (0..<EnqueueRoutes.most).map { "\($0)" })
            #expect(try await fixture.inspector.status(of: "a").states[.available] == EnqueueRoutes.most / 4)
            let again = try await call(.post, "jobs", "[\(jobs.joined(separator: ","))]")
            #expect(again["existing"] as? Int == EnqueueRoutes.most)
            let more = try await call(.post, "jobs", "[\(jobs.joined(separator: ",")),\(jobs[0])]")
            #expect(more.status == 422)
        }
    }

    @Test func noJobIsRefused() async throws {
        let fixture = try await APIFixture()
        try await fixture.serve { call async throws in
            #expect(try await call(.post, "jobs", "[]").status == 422)
            #expect(try await call(.post, "jobs", "{}").status == 422)
            #expect(try await call(.post, "jobs", "\n\n", type: "application/x-ndjson").status == 422)
        }
    }
}
