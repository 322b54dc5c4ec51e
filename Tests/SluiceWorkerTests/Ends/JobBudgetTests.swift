import SluiceCore
import Testing

@testable import SluiceWorker

@Suite struct JobBudgetTests {
    @Test func queuesTogetherClaimNoMoreThanThereIs() {
        var budget = JobBudget(5)
        #expect(budget.reserve(4, for: "a") == 4)
        #expect(budget.reserve(4, for: "b") == 1)
        #expect(budget.reserve(4, for: "c") == 0)
        #expect(budget.claimed(4, of: 4) == [])
        #expect(budget.claimed(1, of: 1) == [])
        #expect(budget.room(for: "a") == 0)
        #expect(!budget.isSpent)
        for _ in 0..<4 { budget.ended(hasRun: true) }
        #expect(!budget.isSpent)
        budget.ended(hasRun: true)
        #expect(budget.isSpent)
    }

    @Test func whoFoundNothingLeftLooksAgainWhenSomethingIsReturned() {
        var budget = JobBudget(1)
        #expect(budget.reserve(2, for: "a") == 1)
        #expect(budget.room(for: "b") == 0)
        #expect(budget.claimed(0, of: 1) == ["b"])
        #expect(budget.reserve(2, for: "b") == 1)
        // Only queues that were denied are told, and each once.
        #expect(budget.claimed(0, of: 1) == [])
        #expect(!budget.isSpent)
    }

    @Test func aJobThatCouldNotBeginLeavesItsPlace() {
        var budget = JobBudget(1)
        #expect(budget.reserve(1, for: "a") == 1)
        #expect(budget.claimed(1, of: 1) == [])
        budget.ended(hasRun: false)
        #expect(!budget.isSpent)
        #expect(budget.room(for: "a") == 1)
    }
}
