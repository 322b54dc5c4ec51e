import Hiredis
import SluiceCore
import SluiceStore
import SluiceTesting
import Testing

@Suite(.timeLimit(.minutes(10)))
struct TestNamespaceTests {
    @Test func namespacesDoNotSeeEachOther() async throws {
        let first = try await TestNamespace()
        let second = try await TestNamespace()
        try await first.enqueue("a")
        #expect(try await first.dump()["{mail}:spec"] == #"a = {"kind":"k"}"#)
        #expect(try await second.dump().isEmpty)
    }

    @Test func aDumpShowsTimesFromTheStart() async throws {
        let queues = try await TestNamespace()
        try await queues.advance(by: .seconds(2))
        try await queues.enqueue("a", due: .after(.seconds(60)))
        try await queues.enqueue("b")
        let dump = try await queues.dump()
        #expect(dump["{mail}:scheduled"] == "T+62000 a")
        #expect(dump["{mail}:wait:"] == "5/T+2000.1 b")
        #expect(dump["{mail}:stats"] == "enqueued = 2")
        #expect(dump["{mail}:wake"] == "1")
    }

    @Test func advancingWakesEachQueue() async throws {
        let queues = try await TestNamespace()
        try await queues.enqueue("a", due: .after(.seconds(60)))
        _ = try await queues.command("DEL", queues.base("mail") + ":wake")
        try await queues.advance(by: .seconds(61))
        #expect(try await queues.dump()["{mail}:wake"] == "1")
        #expect(try await queues.store.call(Status(), on: "mail")["now"] == "\(queues.start + 61_000)")
    }

    @Test func withoutAVirtualClockTimeIsTheServers() async throws {
        let queues = try await TestNamespace(clock: .server)
        let before = try #require(try await queues.command("TIME").root[0].integer)
        let now = try #require(try await queues.store.call(Status(), on: "mail")["now"].flatMap { Int($0) })
        #expect(now / 1000 >= before)
        try await queues.advance(by: .seconds(86_400))
        let later = try #require(try await queues.store.call(Status(), on: "mail")["now"].flatMap { Int($0) })
        #expect(later - now >= 86_400_000)
    }
}

extension TestNamespace {
    fileprivate func enqueue(_ id: String, due: DueTime = .now) async throws {
        let job = NewJob(id: try .init(id), spec: Array(#"{"kind":"k"}"#.utf8), due: due)
        _ = try await store.call(Enqueue(producer: "p-" + id, number: 1, jobs: [job]), on: "mail")
    }
}
