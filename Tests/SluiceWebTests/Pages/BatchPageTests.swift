import HTTPTypes
import Sluice
import SluiceCore
import SluiceStore
import SluiceTesting
import Testing

@testable import SluiceWeb

/// The pages of batches.
@Suite(.timeLimit(.minutes(10)))
struct BatchPageTests {
    private static let foreign = "<b onclick='x'>sale</b>"

    private func request() throws -> JobRequest {
        try JobRequest(kind: "email", queue: "mail", arguments: "{}")
    }

    @Test func theListHasWhatIsKeptNewestFirst() async throws {
        let fixture = try await PageFixture()
        #expect(try await fixture.get("/batches").says("There is no batch."))
        let old = try await fixture.client.openBatch("import", id: "old")
        try await old.add([try request(), try request()])
        try await fixture.queues.advance(by: .seconds(60))
        let new = try await fixture.client.openBatch(Self.foreign, id: "new")
        try await new.seal()
        let page = try await fixture.get("/batches")
        #expect(page.body.contains("sluice batches list"))
        let places = [
            try #require(page.body.firstRange(of: "/batches/new")), try #require(page.body.firstRange(of: "/batches/old")),
        ]
        #expect(places[0].lowerBound < places[1].lowerBound)
        #expect(!page.body.contains("<b onclick") && page.says(Self.foreign))
        #expect(page.says("old import open 0 of 2 2 2 0"))
        #expect(page.says("finished 0 of 0 0 0 0"))
        #expect(try await !fixture.get("/batches?state=open").body.contains("/batches/new\""))
        #expect(try await fixture.get("/batches?state=lost").status == 400)
        #expect(try await fixture.get("/batches?cursor=nonsense").status == 400)
    }

    @Test func theListHasPages() async throws {
        let fixture = try await PageFixture()
        for number in 0..<60 { _ = try await fixture.client.openBatch("many", id: BatchID(known: "b\(number)")) }
        let first = try await fixture.get("/batches")
        let next = try #require(first.body.firstMatch(of: /href="([^"]*cursor=[^"]*)"/)).output.1
        let second = try await fixture.get(String(next))
        let ids = (first.body + second.body).matches(of: /href="\/batches\/(b\d+)"/).map { String($0.output.1) }
        #expect(ids.count == 60 && Set(ids).count == 60 && !second.body.contains("cursor="))
    }

    @Test func aBatchShowsMembersAndCallbacks() async throws {
        let fixture = try await PageFixture()
        let outer = try await fixture.client.openBatch("outer", id: "outer")
        let batch = try await fixture.client.openBatch(
            Self.foreign, id: "b", on: [.completed: try request(), .failed: try request()], within: "outer")
        var members: [JobRequest] = []
        for id in ["one", "two", "three"] {
            var member = try request()
            member.id = JobID(known: id)
            members.append(member)
        }
        try await batch.add(members)
        try await batch.seal()
        _ = try await fixture.store.call(BatchCall(.done(.completed, [JobID(known: "one")])), batch: "b")
        _ = try await fixture.store.call(BatchCall(.done(.discarded, [JobID(known: "two")])), batch: "b")
        let page = try await fixture.get("/batches/b")
        #expect(page.status == 200 && page.body.contains("sluice batches show b"))
        #expect(!page.body.contains("<b onclick") && page.says(Self.foreign))
        #expect(page.says("sealed") && page.says("3 members 1 waiting 1 completed 0 cancelled 1 discarded 0 deleted"))
        #expect(page.body.contains("aria-label=\"2 of 3, 1 failed\""))
        #expect(page.says("Member of batch outer") && page.body.contains("href=\"/batches/outer\""))
        #expect(page.says("completed: all members have completed waiting email mail b.completed"))
        #expect(page.says("failed: a member did not complete fired email mail b.failed"))
        #expect(page.says("Members that have not ended Member State Kind Queue three available email mail"))
        #expect(page.body.contains("href=\"/jobs/mail/three\""))
        #expect(try await fixture.get("/batches/none").status == 404)
        #expect(try await fixture.get("/batches/a%20b").status == 404)
        // The inner batch is a member, and no job.
        #expect(try await fixture.get("/batches/outer").says("batch:b – a batch"))
        #expect(try await fixture.get("/batches/outer").body.contains("<a href=\"/batches/b\">"))
        _ = outer
    }

    @Test func membersAreFoundInTheirQueues() async throws {
        let fixture = try await PageFixture()
        let batch = try await fixture.client.openBatch("import", id: "b")
        var members: [JobRequest] = []
        for queue in ["mail", "films"] as [QueueName] {
            var member = try JobRequest(kind: "k-\(queue)", queue: queue, arguments: "{}")
            member.id = JobID(known: "in-\(queue)")
            members.append(member)
        }
        try await batch.add(members)
        // Another job has the id of a member, in another queue.
        try await fixture.enqueue(["in-films"])
        try await fixture.join()
        #expect(try await fixture.claim(1).map(\.id) == [JobID(known: "in-mail")])
        let page = try await fixture.get("/batches/b")
        #expect(page.says("in-films available k-films films in-mail executing k-mail mail"))
        #expect(page.body.contains("href=\"/jobs/films/in-films\"") && page.body.contains("href=\"/jobs/mail/in-mail\""))
        // A member that no queue has is named all the same.
        _ = try await fixture.store.call(BatchCall(.add([JobID(known: "lost")])), batch: "b")
        #expect(try await fixture.get("/batches/b").says("lost –"))
    }
}
