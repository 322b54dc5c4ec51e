import ScenarioSupport
import Sluice
import Testing

@testable import crawler

/// The checks of `crawler` see what breaks each requirement, in evidence that is made up and otherwise whole.
struct CrawlerCheckTests {
    private typealias Made = CrawlerEvidence

    private func verdict(_ requirement: Requirement, _ change: (inout Evidence) -> Void = { _ in }) -> Verdict {
        var evidence = Made.whole
        change(&evidence)
        return evidence.verdict(on: requirement)
    }

    private func isBroken(_ requirement: Requirement, _ change: (inout Evidence) -> Void) -> Bool {
        verdict(requirement, change).isBroken
    }

    private func isUnknown(_ requirement: Requirement, _ change: (inout Evidence) -> Void) -> Bool {
        if case .unknown = verdict(requirement, change) { true } else { false }
    }

    @Test(arguments: Requirement.allCases)
    func whatIsWholeHolds(_ requirement: Requirement) {
        let verdict = verdict(requirement)
        guard case .holds = verdict else { return #expect(Bool(false), "\(requirement.name): \(verdict)") }
    }

    @Test func b1OutcomesThatCouldNotBeStored() {
        #expect(isBroken(.outcomesStored) { $0.unstored = ["h3.1": 1] })
        #expect(isBroken(.outcomesStored) { $0.left = 1 })
        // Nobody was overtaken, and yet an outcome was refused.
        #expect(isBroken(.outcomesStored) { $0.refused = 2 })
        // One that had ended runs again: it was taken for dead.
        #expect(
            !isBroken(.outcomesStored) {
                $0.refused = 2
                $0.runs.append(Made.run(Made.plain, at: 13_000_000))
            })
    }

    @Test func b2TwoLiveJobs() {
        #expect(isBroken(.oneLive) { $0.doubles = ["h3: retryable, available"] })
        #expect(isBroken(.oneLive) { $0.violations = ["I5 a fingerprint has no owner"] })
        #expect(isBroken(.oneLive) { $0.twins[2].added = 1 })
        #expect(isBroken(.oneLive) { $0.twins[0].owners = ["a", "b"] })
        #expect(isBroken(.oneLive) { $0.replaced = ("h20030.200", ["h20030.0", "h20030.105"]) })
        #expect(isBroken(.oneLive) { $0.runs.append(Made.run(Item.id(4043, 9), at: 60_500_500)) })
        #expect(isUnknown(.oneLive) { $0.twins.removeLast() })
    }

    @Test func b3LocksThatAreLeft() {
        #expect(isBroken(.locksEnd) { $0.again.append(Evidence.Again(ending: "purged", isNew: false)) })
        #expect(isBroken(.locksEnd) { $0.locks?.all = 8 })
        #expect(isUnknown(.locksEnd) { $0.again = [] })
    }

    @Test func b4TooManyRuns() {
        let item = Item.id(3033, 8)
        func runs(_ count: Int, _ end: CrawlRun.End) -> [CrawlRun] {
            (0..<count).map { Made.run(item, at: 61_000_000 + $0 * 3_000_000, attempt: $0 + 1, end: end) }
        }
        #expect(!isBroken(.boundedRuns) { $0.runs += runs(23, .failed) })
        #expect(isBroken(.boundedRuns) { $0.runs += runs(24, .failed) })
        // What was missing is not counted.
        #expect(!isBroken(.boundedRuns) { $0.runs += runs(40, .unavailable(Scale.api)) })
        // One that is claimed again in place.
        #expect(
            isBroken(.boundedRuns) {
                $0.runs += runs(1, .failed)
                $0.unstored = [item: 23]
            })
        #expect(isUnknown(.boundedRuns) { $0.runs.removeAll { $0.id == Made.killer } })
    }

    @Test func b5DueAtOnce() {
        #expect(
            isBroken(.laterDue) {
                $0.runs += [
                    Made.run(Made.plain, at: 62_000_000, attempt: 1, end: .failed),
                    Made.run(Made.plain, at: 62_100_000, attempt: 2),
                ]
            })
        #expect(isBroken(.laterDue) { $0.unstored = ["h3.1": 1] })
        #expect(isUnknown(.laterDue) { $0.runs.removeAll { $0.attempt > 1 } })
    }

    @Test func b6OutagesThatCost() {
        #expect(isBroken(.outage) { $0.wronged = [Made.lookup] })
        #expect(
            isBroken(.outage) { evidence in
                evidence.runs.removeAll { $0.id == Made.lookup && $0.claimed > 20_000_000 }
                evidence.runs.append(Made.run(Made.lookup, at: 70_000_000, attempt: 2))
            })
        #expect(isBroken(.outage) { $0.runs.append(Made.run(Item.id(3033, 8), at: 15_000_000, end: .failed)) })
        #expect(isBroken(.outage) { $0.outage?.others = 1 })
        #expect(isUnknown(.outage) { $0.outage?.waiting = 0 })
        // How fast others are is asserted in the large only.
        #expect(!isBroken(.outage) { $0.batches?.during = .seconds(2) })
        #expect(
            isBroken(.outage) {
                $0.scale.assertsTimes = true
                $0.batches?.during = .seconds(2)
            })
    }

    @Test func b7NoRecovery() {
        #expect(isBroken(.recovery) { $0.outage?.openUntil = 21_500_000 })
        #expect(isBroken(.recovery) { $0.rejection?.processes = [2] })
        #expect(isBroken(.recovery) { $0.calls.removeAll { $0.time > 60_000_000 } })
        #expect(isUnknown(.recovery) { $0.off?.to = .max })
        // 2,000 calls at 200 in a second, in 13 s.
        #expect(!isBroken(.recovery) { $0.drain?.to = 73_000_000 })
        #expect(
            isBroken(.recovery) {
                $0.scale.assertsTimes = true
                $0.drain?.to = 73_000_000
            })
        // A job whose call hung came 2.25 s later.
        #expect(
            !isBroken(.recovery) {
                $0.scale.assertsTimes = true
                $0.drain?.to = 73_000_000
                $0.drain?.hung = 1
            })
    }
}
