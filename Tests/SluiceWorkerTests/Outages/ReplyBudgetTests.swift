import NIOCore
import Testing

@testable import SluiceWorker

@Suite struct ReplyBudgetTests {
    private let start = NIODeadline.now()

    @Test func eachLossAsksForAQuarterDownToOneJob() {
        var budget = ReplyBudget()
        #expect(budget.limit == nil)
        var asked: [Int] = []
        for _ in 0..<6 {
            budget.lost(at: start)
            asked.append(budget.bytes)
        }
        #expect(asked == [1_048_576, 262_144, 65_536, 16_384, 16_384, 16_384])
        #expect(budget.limit == 16_384)
        #expect(budget.losses == 6)
    }

    @Test func itGrowsAgainAfterAWhileWhichGetsLongerWithEachLoss() {
        var budget = ReplyBudget()
        budget.lost(at: start)
        let first = budget.arrived(withJobs: true, at: start + .seconds(29))
        let second = budget.arrived(withJobs: true, at: start + .seconds(30))
        #expect(!first && second)
        #expect(budget.bytes == 2_097_152)
        budget.lost(at: start + .seconds(31))
        let early = budget.arrived(withJobs: true, at: start + .seconds(31 + 59))
        let late = budget.arrived(withJobs: true, at: start + .seconds(31 + 60))
        #expect(!early && late)
    }

    @Test func whenItHasGrownNothingIsAskedForAnyMore() {
        var budget = ReplyBudget()
        budget.lost(at: start)
        var time = start
        var steps = 0
        while budget.limit != nil {
            time = time + .minutes(11)
            _ = budget.arrived(withJobs: false, at: time)
            steps += 1
        }
        #expect(steps == 2)
        let grows = budget.arrived(withJobs: true, at: time + .hours(1))
        #expect(!grows)
    }
}
