import Foundation
import SluiceCore
import SluiceStore
import Testing

@testable import SluiceInspector

@Suite(.timeLimit(.minutes(10)))
struct JobPageTests {
    /// All pages, with no more than `limit` on any of them.
    private func all(_ inspector: Inspector, _ filter: JobFilter, limit: Int) async throws -> [JobSummary] {
        var jobs: [JobSummary] = []
        var cursor: String?
        for _ in 0..<1000 {
            let page = try await inspector.jobs(matching: filter, limit: limit, after: cursor)
            #expect(page.jobs.count <= limit)
            jobs += page.jobs
            cursor = page.next
            if cursor == nil { return jobs }
        }
        Issue.record("the list has no end")
        return jobs
    }

    @Test(arguments: [1, 2, 7, 1000]) func pagesAddUpToAll(limit: Int) async throws {
        let fixture = try await Fixture()
        try await fixture.enqueue((0..<5).map { "a\($0)" })
        try await fixture.enqueue((0..<4).map { "b\($0)" }, kind: "sms", partitions: ["account": "1"])
        try await fixture.enqueue((0..<3).map { "c\($0)" }, due: .after(.seconds(600)))
        try await fixture.join()
        try await fixture.cycle(1, demand: 3)
        let jobs = try await all(fixture.inspector, JobFilter(), limit: limit)
        #expect(jobs.count == 12)
        #expect(Set(jobs.map(\.id)).count == 12)
        #expect(jobs.prefix(3).map(\.state) == [.executing, .executing, .executing])
        #expect(jobs.first?.worker == fixture.worker)
        #expect(jobs.suffix(3).map(\.state) == [.scheduled, .scheduled, .scheduled])
        #expect(jobs.allSatisfy { $0.moment != nil })
        let some = try await all(fixture.inspector, JobFilter(queues: ["mail"], kind: "sms"), limit: limit)
        #expect(Set(some.map(\.id)) == Set((0..<4).map { JobID(known: "b\($0)") }))
    }

    @Test func aForeignCursorIsRefused() async throws {
        let fixture = try await Fixture()
        try await fixture.enqueue(["a"])
        for cursor in [
            "", "x", "mail/nothing/0/0", "mail/available/a/0", "mail/available/0/-1", "a b/available/0/0", "mail/available/5/0",
            "mail/available/0:99999999999999999999/0", "mail/available/99999999999999999999/0",
            "mail/scheduled/99999999999999999999/0", "mail/executing/99999999999999999999/0",
        ] {
            let error = await #expect(throws: SluiceError.self) { try await fixture.inspector.jobs(after: cursor) }
            #expect(error?.code == .invalidArgument)
        }
    }

    @Test func changesTellWhatBecameOfEach() async throws {
        let fixture = try await Fixture()
        let inspector = fixture.inspector
        try await fixture.enqueue(["a", "b"])
        try await fixture.join()
        try await fixture.cycle(1, demand: 1)
        #expect(
            try await inspector.change(.cancel, ids: [id("a"), id("b"), id("c")], in: "mail").map(\.result) == [
                .cancelling, .now(.cancelled), .missing,
            ])
        #expect(
            try await inspector.change(.reschedule(.after(.seconds(5))), ids: [id("b")], in: "mail").map(\.result) == [
                .refused(.cancelled)
            ]
        )
        #expect(
            try await inspector.change(.retry, ids: [id("a"), id("b")], in: "mail").map(\.result) == [
                .refused(.executing), .now(.available),
            ])
        let at = Date(milliseconds: 4_000_000_000_000)
        #expect(try await inspector.change(.reschedule(.at(at)), ids: [id("b")], in: "mail").map(\.isDone) == [true])
        #expect(try await inspector.job(id("b"), in: "mail")?.dueAt == at)
        #expect(try await inspector.change(.delete, ids: [id("b")], in: "mail").map(\.result) == [.deleted])
        #expect(try await inspector.change(.delete, ids: [], in: "mail").isEmpty)
    }
}
