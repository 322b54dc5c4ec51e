import Foundation
import HTTPTypes
import SluiceCore
import SluiceInspector
import SluiceTesting
import Testing

@testable import SluiceWeb

/// The log of actions as a file.
@Suite(.timeLimit(.minutes(10)))
struct LogExportTests {
    private struct Line: Decodable {
        struct Outcome: Decodable { var changed: Int }
        var id: String
        var actor: String
        var action: String
        var queue: String?
        var reason: String
        var outcome: Outcome?
    }

    private func lines(_ answer: PageFixture.Answer) throws -> [Line] {
        try answer.body.split(separator: "\n").map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
    }

    /// Acts in two queues as two people, more often than a page of the log is long.
    private func act(_ fixture: PageFixture) async throws {
        for queue in ["mail", "films"] as [QueueName] { try await fixture.enqueue(["a"], in: queue) }
        for number in 0..<300 {
            let queue: QueueName = number % 3 == 0 ? "films" : "mail"
            let author = Operator(number % 2 == 0 ? "ada" : "bob <b>", via: .page, from: "here")
            let inspector = fixture.inspector.acting(as: author, reason: "the \"end\" \\ of it")
            _ = try await inspector.pause(queue)
            _ = try await inspector.resume(queue)
        }
    }

    @Test func itHasEveryActionOnALine() async throws {
        let fixture = try await PageFixture()
        #expect(try await fixture.get("/log.jsonl").body.isEmpty)
        try await act(fixture)
        let all = try lines(try await fixture.get("/log.jsonl"))
        #expect(all.count == 600 && Set(all.map(\.id)).count == 600)
        let known = try await known(fixture)
        #expect(all.map(\.id) == known)
        #expect(all.allSatisfy { $0.outcome?.changed == 1 && $0.reason == "the \"end\" \\ of it" })
        let films = try lines(try await fixture.get("/log.jsonl?queue=films"))
        #expect(films.map(\.id) == all.filter { $0.queue == "films" }.map(\.id) && films.count == 200)
        let bob = try lines(try await fixture.get("/log.jsonl?queue=mail&actor=bob%20%3Cb%3E"))
        #expect(bob.map(\.id) == all.filter { $0.queue == "mail" && $0.actor == "bob <b>" }.map(\.id) && bob.count == 200)
        #expect(try await fixture.get("/log.jsonl?actor=none").body.isEmpty)
        #expect(try await fixture.get("/log.jsonl?queue=a%20b").status == 400)
    }

    /// The positions of all actions, newest first.
    private func known(_ fixture: PageFixture) async throws -> [String] {
        var (ids, cursor) = ([String](), String?.none)
        repeat {
            let page = try await fixture.inspector.actions(newest: 1000, before: cursor)
            ids += page.actions.map(\.id)
            cursor = page.next
        } while cursor != nil
        return ids
    }

    @Test func thePageLinksItWithItsFilter() async throws {
        let fixture = try await PageFixture()
        let page = try await fixture.get("/log?queue=mail&actor=a%20b")
        #expect(page.body.contains("href=\"/log.jsonl?queue=mail&amp;actor=a%20b\" download>Export as JSON lines</a>"))
        #expect(try await fixture.get("/log").body.contains("href=\"/log.jsonl\" download>"))
    }

    @Test func itIsAFileForWhoMayLook() async throws {
        let fixture = try await WebFixture()
        let reply = try await fixture.get("/log.jsonl")
        #expect(reply.status == 200 && reply.headers[.contentType] == "application/jsonl")
        #expect(reply.headers[.contentDisposition] == "attachment; filename=\"sluice-log.jsonl\"")
        #expect(reply.headers[.xContentTypeOptions] == "nosniff" && reply.headers[.cacheControl] == "no-store")
        let closed = try await WebFixture(access: .custom { _ in nil })
        #expect(try await closed.get("/log.jsonl").status == 401)
    }
}
