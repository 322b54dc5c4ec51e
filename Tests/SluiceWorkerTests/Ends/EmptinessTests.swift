import SluiceCore
import Testing

@testable import SluiceWorker

@Suite struct EmptinessTests {
    @Test func everyQueueLooksOnceMoreBeforeTheEnd() {
        var emptiness = Emptiness(["a", "b"])
        #expect(emptiness.look("a") == .wait)
        #expect(emptiness.look("a") == .wait)
        #expect(emptiness.look("b") == .look)
        #expect(emptiness.look("b") == .wait)
        #expect(emptiness.look("b") == .wait)
        #expect(emptiness.look("a") == .over)
    }

    @Test func aJobThatIsFoundBeginsAllAnew() {
        var emptiness = Emptiness(["a", "b"])
        _ = emptiness.look("a")
        #expect(emptiness.look("b") == .look)
        #expect(emptiness.look("a") == .wait)
        emptiness.found(in: "b")
        #expect(emptiness.current == nil)
        #expect(emptiness.look("a") == .wait)
        #expect(emptiness.look("b") == .look)
        // What a found before does not count any more.
        #expect(emptiness.look("b") == .wait)
        #expect(emptiness.look("a") == .over)
    }

    @Test func aLookThatBeganEarlierDoesNotCount() {
        var emptiness = Emptiness(["a"])
        let early = emptiness.current
        #expect(early == nil)
        #expect(emptiness.foundNothing(in: "a", early) == .look)
        #expect(emptiness.foundNothing(in: "a", early) == .wait)
        let first = emptiness.current
        emptiness.found(in: "a")
        #expect(emptiness.look("a") == .look)
        #expect(emptiness.foundNothing(in: "a", first) == .wait)
        #expect(emptiness.look("a") == .over)
    }

    @Test func aDeliveryHoldsTheEndUp() {
        var emptiness = Emptiness(["a"])
        #expect(emptiness.look("a") == .look)
        let before = emptiness.current
        emptiness.begins()
        emptiness.begins()
        #expect(emptiness.current == nil)
        #expect(emptiness.foundNothing(in: "a", before) == .wait)
        #expect(emptiness.ends() == .wait)
        #expect(emptiness.ends() == .look)
        #expect(emptiness.foundNothing(in: "a", before) == .wait)
        #expect(emptiness.look("a") == .over)
    }
}

extension Emptiness {
    /// A look of a queue that finds nothing.
    fileprivate mutating func look(_ queue: QueueName) -> Step { foundNothing(in: queue, current) }
}
