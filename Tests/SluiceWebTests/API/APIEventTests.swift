import Foundation
import HTTPTypes
import HummingbirdTesting
import Sluice
import SluiceCore
import SluiceTesting
import Testing

/// What happens in a queue, as an event stream.
@Suite(.timeLimit(.minutes(5)))
struct APIEventTests {
    private static let accept = [("Accept", "text/event-stream")]

    /// The stream begins while jobs are enqueued one by one. It tells each from then on, in order.
    @Test func aStreamTellsEachTransition() async throws {
        let fixture = try await APIFixture(.server)
        _ = try await fixture.client.enqueue(try Self.job(0))
        try await fixture.serve(.live) { call in
            let producer = Task {
                var number = 1
                while !Task.isCancelled {
                    _ = try await fixture.client.enqueue(try Self.job(number))
                    number += 1
                }
            }
            let answer = try await call(.get, "queues/mail/events?for=2", headers: Self.accept)
            producer.cancel()
            // A call that was under way may have been cancelled.
            _ = try? await producer.value
            #expect(answer.status == 200)
            #expect(answer.headers[.contentType] == "text/event-stream")
            let events = answer.text.components(separatedBy: "\n\n").filter { $0.hasPrefix("event: transition\ndata: ") }
            let ids = try events.flatMap { event in
                let data = Data(event.dropFirst("event: transition\ndata: ".count).utf8)
                let transition = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
                #expect(transition["queue"] as? String == "mail")
                #expect(transition["from"] is NSNull)
                #expect(transition["to"] as? String == "available")
                return try #require(transition["ids"] as? [String]).compactMap { Int($0) }
            }
            let first = try #require(ids.first)
            #expect(ids == Array(first..<(first + ids.count)))
        }
    }

    @Test func itIsRefusedOtherwise() async throws {
        let fixture = try await APIFixture()
        _ = try await fixture.client.enqueue(try Self.job(0))
        try await fixture.serve { call async throws in
            let plain = try await call(.get, "queues/mail/events")
            #expect(plain.status == 406)
            #expect(plain.string("code") == "notAcceptable")
            for span in ["0", "3601", "x"] {
                let answer = try await call(.get, "queues/mail/events?for=\(span)", headers: Self.accept)
                #expect(answer.status == 422)
            }
            #expect(try await call(.get, "queues/nobody/events", headers: Self.accept).status == 404)
        }
    }

    private static func job(_ number: Int) throws -> JobRequest {
        var request = try JobRequest(kind: "x", queue: "mail", arguments: "1")
        request.id = JobID(known: "\(number)")
        return request
    }
}
