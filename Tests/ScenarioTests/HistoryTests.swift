import Foundation
import ScenarioSupport
import Sluice
import Testing

@testable import SluiceInspector
@testable import pipelines

/// That of the scenario. The inspector has another one.
private typealias History = pipelines.History

/// The checks see what is wrong in records that are made up. Times are in microseconds.
struct HistoryTests {
    private func line(
        _ verb: RunLine.Verb, _ id: String, fence: Int, process: Int32 = 1, time: Int = 0, note: String = "-"
    ) throws -> RunLine {
        try #require(RunLine("\(verb.rawValue) \(id) \(fence) 1 \(note) \(process) \(time)"))
    }

    private func move(_ id: String, _ from: JobState?, _ to: JobState?, at time: Int) throws -> Transition {
        Transition(
            queue: "work", from: from, to: to, ids: [try JobID(id)], worker: nil,
            at: Date(timeIntervalSince1970: Double(time / 1000) / 1000))
    }

    @Test func twoAtOnceAreOneTooMany() throws {
        let lines = [
            try line(.start, "a", fence: 1_000_000), try line(.start, "b", fence: 1_500_000),
            try line(.end, "a", fence: 1_000_000, time: 1_600_000), try line(.end, "b", fence: 1_500_000, time: 1_700_000),
        ]
        let history = History(lines: lines, transitions: [])
        #expect(History.excesses(of: history.runs, over: LimitHistory(2), what: "all") == [])
        #expect(History.excesses(of: history.runs, over: LimitHistory(1), what: "all") == ["2 of all at once, 1 allowed"])
    }

    @Test func aRunThatWasCutOffHoldsItsPlaceUntilItIsTakenBack() throws {
        let lines = [
            try line(.start, "a", fence: 1_000_000), try line(.start, "a", fence: 3_000_500, process: 2),
            try line(.end, "a", fence: 3_000_500, process: 2, time: 3_100_000), try line(.start, "b", fence: 2_000_000),
            try line(.end, "b", fence: 2_000_000, time: 2_100_000),
        ]
        // Taken back and claimed again by one call, whose entries are younger than its claims.
        let moves = [
            try move("a", .available, .executing, at: 1_000_000), try move("b", .available, .executing, at: 2_000_000),
            try move("a", .executing, .available, at: 3_002_000), try move("a", .available, .executing, at: 3_002_000),
        ]
        let history = History(lines: lines, transitions: moves)
        #expect(history.runs(of: "a").map(\.released) == [3_000_499, 3_100_000])
        #expect(History.excesses(of: history.runs, over: LimitHistory(1), what: "all") == ["2 of all at once, 1 allowed"])
        #expect(History.excesses(of: history.runs(of: "a"), over: LimitHistory(1), what: "a") == [])
    }

    @Test func aChangeOfALimitCountsFromItsReturn() async throws {
        var limit = LimitHistory(nil)
        #expect(!limit.isLimited)
        let before = RunLine.now()
        try await limit.change(to: 2) {}
        #expect(limit.isLimited)
        #expect(limit.most(at: before - 1) == .max)
        #expect(limit.most(at: RunLine.now() + 1) == 2)
    }

    @Test func whatCannotBeReadIsNoLine() {
        #expect(RunLine("start a 1 1 - 1") == nil)
        #expect(RunLine("walk a 1 1 - 1 1") == nil)
    }

    @Test func allCellsOfASeedHaveTheSameJobs() throws {
        let plans = try [1, 1, 2].map { try Plan(.quick, seed: $0) }
        let accounts = plans.map { $0.jobs.map { "\($0.id) \($0.account)" } }
        #expect(accounts[0] == accounts[1])
        #expect(accounts[0] != accounts[2])
        #expect(plans[0].queued(through: Plan.portions - 1).count < plans[0].jobs.count)
        // Zipf: the busiest account has more than the tenth by far.
        let counts = Dictionary(grouping: plans[0].jobs, by: \.account).mapValues(\.count)
        #expect(counts["1", default: 0] > 3 * counts["10", default: 0])
    }
}
