import Testing

@testable import SluiceWorker

@Suite struct EmptinessTests {
    /// A look of a queue that finds nothing.
    private func look(_ emptiness: inout Emptiness, _ queue: String) -> Emptiness.Step {
        emptiness.foundNothing(in: .init(stringLiteral: queue), emptiness.current)
    }

    @Test func everyQueueLooksOnceMoreBeforeTheEnd() {
        var emptiness = Emptiness(["a", "b"])
        #expect(look(&emptiness, "a") == .wait)
        #expect(look(&emptiness, "a") == .wait)
        #expect(look(&emptiness, "b") == .look)
        #expect(look(&emptiness, "b") == .wait)
        #expect(look(&emptiness, "b") == .wait)
        #expect(look(&emptiness, "a") == .over)
    }

    @Test func aJobThatIsFoundBeginsAllAnew() {
        var emptiness = Emptiness(["a", "b"])
        _ = look(&emptiness, "a")
        #expect(look(&emptiness, "b") == .look)
        #expect(look(&emptiness, "a") == .wait)
        emptiness.found(in: "b")
        #expect(emptiness.current == nil)
        #expect(look(&emptiness, "a") == .wait)
        #expect(look(&emptiness, "b") == .look)
        // What a found before does not count any more.
        #expect(look(&emptiness, "b") == .wait)
        #expect(look(&emptiness, "a") == .over)
    }

    @Test func aLookThatBeganEarlierDoesNotCount() {
        var emptiness = Emptiness(["a"])
        let early = emptiness.current
        #expect(early == nil)
        #expect(emptiness.foundNothing(in: "a", early) == .look)
        #expect(emptiness.foundNothing(in: "a", early) == .wait)
        let first = emptiness.current
        emptiness.found(in: "a")
        #expect(look(&emptiness, "a") == .look)
        #expect(emptiness.foundNothing(in: "a", first) == .wait)
        #expect(look(&emptiness, "a") == .over)
    }

    @Test func aDeliveryHoldsTheEndUp() {
        var emptiness = Emptiness(["a"])
        #expect(look(&emptiness, "a") == .look)
        let before = emptiness.current
        emptiness.begins()
        emptiness.begins()
        #expect(emptiness.current == nil)
        #expect(emptiness.foundNothing(in: "a", before) == .wait)
        #expect(emptiness.ends() == .wait)
        #expect(emptiness.ends() == .look)
        #expect(emptiness.foundNothing(in: "a", before) == .wait)
        #expect(look(&emptiness, "a") == .over)
    }
}
