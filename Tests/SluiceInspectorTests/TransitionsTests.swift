import SluiceCore
import SluiceStore
import Testing

@testable import SluiceInspector

@Suite(.timeLimit(.minutes(10)))
struct TransitionsTests {
    @Test func theyAreToldInOrderFromNowOn() async throws {
        let fixture = try await Fixture()
        try await fixture.enqueue(["before"])
        let transitions = try await fixture.inspector.transitions(of: "mail")
        try await fixture.enqueue(["a", "b"])
        try await fixture.join()
        let run = try await fixture.cycle(1, demand: 1).jobs[0]
        try await fixture.cycle(2, [Settlement(id: run.id, fence: run.fence, outcome: .completed(result: nil))])
        try await fixture.inspector.change(.delete, ids: [id("b")], in: "mail")
        var seen: [Transition] = []
        for try await transition in transitions {
            seen.append(transition)
            if transition.to == nil { break }
        }
        #expect(seen.first?.from == nil)
        #expect(seen.first?.to == .available)
        #expect(seen.first?.ids == [id("a"), id("b")])
        #expect(seen.contains { $0.to == .completed && $0.ids == [id("before")] && $0.worker == fixture.worker })
        #expect(seen.last?.from == .available)
        #expect(seen.last?.ids == [id("b")])
    }

    @Test func aQueueThatComesLaterIsFollowed() async throws {
        let fixture = try await Fixture()
        var iterator = try await fixture.inspector.transitions().makeAsyncIterator()
        try await fixture.enqueue(["a"])
        let first = try await iterator.next()
        #expect(first?.queue == "mail")
        #expect(first?.ids == [id("a")])
        try await fixture.enqueue(["b"])
        #expect(try await iterator.next()?.ids == [id("b")])
    }

    @Test func cancellingTheTaskEndsIt() async throws {
        let fixture = try await Fixture()
        let transitions = try await fixture.inspector.transitions(of: "mail")
        let task = Task {
            for try await _ in transitions {}
        }
        task.cancel()
        try await task.value
    }
}
