import SluiceCore
import SluiceStore
import SluiceTesting
import Testing

/// The list of batches: who is in it, and when an entry goes.
@Suite(.timeLimit(.minutes(10)))
struct BatchIndexTests {
    private let queues: TestNamespace
    private var store: Store { queues.store }

    init() async throws { queues = try await TestNamespace() }

    private func batch(_ id: String) -> BatchID { BatchID(known: id) }

    private func list() async throws -> [String] { try await store.batches(from: 0).map(\.text) }

    @Test func theNewestComesFirstAndAFinishedOneGoesAfterADay() async throws {
        for id in ["a", "b"] {
            for _ in 0..<2 { try await store.note(.open, [batch(id)]) }
            try await queues.advance(by: .seconds(1))
        }
        #expect(try await list() == ["b", "a"])
        #expect(try await store.batches(from: 1).map(\.text) == ["a"])
        for _ in 0..<2 { try await store.note(.finished, [batch("a")]) }
        try await queues.advance(by: .seconds(86_399))
        try await store.note(.open, [batch("c")])
        #expect(try await list() == ["c", "b", "a"])
        try await queues.advance(by: .seconds(1))
        try await store.note(.open, [batch("c")])
        #expect(try await list() == ["c", "b"], "whoever notes something takes out what has vanished")
    }

    @Test func whatIsJustBeingOpenedIsNotTakenForGone() async throws {
        try await store.note(.open, [batch("a")])
        try await store.note(.gone, [batch("a")])
        #expect(try await list() == ["a"])
        try await queues.advance(by: .seconds(60))
        try await store.note(.gone, [batch("a")])
        #expect(try await list().isEmpty)
    }

    @Test func aBatchThatIsOpenedAndEndsIsNoted() async throws {
        let book = Relay(store)
        try await book.tell(batch("a"), .open(name: "", callbacks: [:]))
        #expect(try await list() == ["a"])
        try await book.seal(batch("a"))
        try await queues.advance(by: .seconds(86_400))
        try await book.tell(batch("b"), .open(name: "", callbacks: [:]))
        #expect(try await list() == ["b"])
    }

    @Test func nonsenseIsRefused() async throws {
        await #expect(throws: SluiceError.self) { try await store.note(.open, []) }
        await #expect(throws: SluiceError.self) { try await store.note(.open, [batch("a b")]) }
    }
}
