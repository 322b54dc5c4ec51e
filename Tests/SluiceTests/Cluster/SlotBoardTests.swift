import Hiredis
import Testing

@testable import SluiceStore

/// What a listener in several slots does next, without any connection.
struct SlotBoardTests {
    private let start = ContinuousClock.now
    private var board = SlotBoard<String> { present, wanted in present != wanted }

    private func question(_ slot: Int, _ words: String...) -> SlotQuestion { SlotQuestion(slot: slot, words: words) }

    private mutating func wait(_ questions: SlotQuestion..., places: Int = 9) -> [SlotBoard<String>.Action] {
        var left = places - board.connections
        return board.wait(for: questions, at: start) {
            left -= 1
            return left >= 0
        }
    }

    private mutating func taken() -> String? {
        guard case .item(let item)? = board.take() else { return nil }
        return item
    }

    @Test func eachSlotHasOneCallThatOutlivesTheWait() {
        var test = self
        #expect(test.wait(question(1, "a"), question(2, "b")) == [.block(question(1, "a")), .block(question(2, "b"))])
        #expect(test.board.ended(1, with: ["x"]) == [])
        test.board.waitEnded()
        #expect(test.taken() == "x")
        // Slot 2 is still blocked: a second call there would be a second taker.
        #expect(test.wait(question(1, "a"), question(2, "b")) == [.block(question(1, "a"))])
    }

    @Test func whatComesWhileNobodyWaitsIsKept() {
        var test = self
        _ = test.wait(question(1, "a"), question(2, "b"))
        _ = test.board.ended(1, with: ["x"])
        test.board.waitEnded()
        #expect(test.board.ended(2, with: ["y"]) == [])
        #expect(test.taken() == "x" && test.taken() == "y" && test.taken() == nil)
    }

    @Test func aCallWhoseTimeIsOverBeginsAnewOnlyWhileSomebodyWaits() {
        var test = self
        _ = test.wait(question(1, "a"))
        #expect(test.board.ended(1, with: []) == [.block(question(1, "a"))])
        test.board.waitEnded()
        #expect(test.board.ended(1, with: []) == [])
    }

    @Test func aCallForOtherKeysIsEndedOnceAndThenMadeAnew() {
        var test = self
        _ = test.wait(question(1, "bell", "wake"))
        test.board.waitEnded()
        #expect(test.wait(question(1, "bell")) == [.interrupt(question(1, "bell", "wake"))])
        test.board.waitEnded()
        #expect(test.wait(question(1, "bell")) == [])
        #expect(test.board.ended(1, with: []) == [.block(question(1, "bell"))])
    }

    @Test func aSlotThatIsWantedNoMoreIsEndedAndLosesItsConnectionToAnother() {
        var test = self
        _ = test.wait(question(1, "a"), places: 1)
        test.board.waitEnded()
        #expect(test.wait(question(2, "b"), places: 1) == [.interrupt(question(1, "a"))])
        #expect(test.board.takeUnconnected() == [question(2, "b")])
        #expect(test.board.asked(2, with: []) == [])
        _ = test.board.ended(1, with: [])
        test.board.waitEnded()
        #expect(test.wait(question(2, "b"), places: 1) == [.release(slot: 1), .block(question(2, "b"))])
        #expect(test.board.connections == 1)
    }

    @Test func slotsBeyondTheBoundAreAskedOneQuestionAtATime() {
        var test = self
        let actions = test.wait(question(1, "a"), question(2, "b"), question(3, "c"), places: 1)
        #expect(actions == [.block(question(1, "a"))])
        #expect(test.board.takeUnconnected() == [question(2, "b"), question(3, "c")])
        #expect(test.board.takeUnconnected() == [])
        _ = test.board.asked(3, with: ["z"])
        #expect(test.taken() == "z")
        #expect(test.board.takeUnconnected() == [question(3, "c")])
    }

    @Test func aFailureIsNewsAndItsSlotRests() {
        var test = self
        _ = test.wait(question(1, "a"), question(2, "b"))
        #expect(test.board.failed(1, ["a"], .lost("x")) == [.rest(slot: 1, failures: 1)])
        guard case .failure(["a"], .lost("x"))? = test.board.take() else { return #expect(Bool(false), "no failure") }
        test.board.waitEnded()
        #expect(test.wait(question(1, "a"), question(2, "b")) == [])
        #expect(test.board.rested(1) == [.block(question(1, "a"))])
        #expect(test.board.failed(1, ["a"], .lost("x")) == [.rest(slot: 1, failures: 2)])
    }

    /// The end of a call that this listener cancelled itself.
    @Test func anEndThatWasWantedIsNoFailure() {
        var test = self
        _ = test.wait(question(1, "a", "0-0"))
        test.board.waitEnded()
        _ = test.wait(question(1, "a", "1-0"))
        #expect(test.board.failed(1, ["a", "0-0"], .closed) == [.block(question(1, "a", "1-0"))])
        #expect(!test.board.hasNews)
    }

    @Test func aConnectionThatNothingUsesIsClosedAfterAWhile() {
        var test = self
        _ = test.wait(question(1, "a"), question(2, "b"))
        _ = test.board.ended(1, with: [])
        _ = test.board.ended(2, with: [])
        test.board.waitEnded()
        _ = test.board.wait(for: [], at: start) { true }
        _ = test.board.ended(1, with: [])
        test.board.waitEnded()
        #expect(test.board.wait(for: [], at: start + .seconds(29)) { true } == [])
        #expect(test.board.wait(for: [], at: start + .seconds(31)) { true } == [.release(slot: 1)])
        #expect(test.board.connections == 1, "slot 2 is still blocked")
    }
}
