import ScenarioSupport
import Sluice
import Testing

@testable import crawler

/// The same for what concerns rates, operators and the keys.
struct CrawlerQueueCheckTests {
    private typealias Made = CrawlerEvidence

    private func verdict(_ requirement: Requirement, _ change: (inout Evidence) -> Void) -> Verdict {
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

    private func burst(_ count: Int, item: (Int) -> Int) -> [CrawlRun] {
        (0..<count).map { Made.run(Item.id(item($0), 1000 + $0), at: 80_000_000 + $0 * 4000) }
    }

    @Test func b8TooManyStarts() {
        // 201 within 0.8 s; items of the own key are not 3, 503, 1003…
        let own = { 13 + $0 * 500 }
        #expect(!isBroken(.rate) { $0.runs += burst(200, item: own) })
        #expect(isBroken(.rate) { $0.runs += burst(201, item: own) })
        #expect(!isBroken(.rate) { $0.runs += burst(10) { 3 + $0 * 500 } })
        #expect(isBroken(.rate) { $0.runs += burst(11) { 3 + $0 * 500 } })
        // Calls that nobody was claimed for.
        #expect(isBroken(.rate) { $0.calls += burst(201, item: own).map { Made.call(of: $0) } })
        #expect(isUnknown(.rate) { $0.calls = [] })
    }

    @Test func b9ChangesThatMissJobs() {
        #expect(isBroken(.bulk) { $0.bulk[0].changed = 9 })
        #expect(isBroken(.bulk) { $0.bulk[0].isComplete = false })
        #expect(isBroken(.bulk) { $0.bulk[0].largestStep = 10_000 })
        #expect(isUnknown(.bulk) { $0.bulk = [] })
        #expect(!isBroken(.bulk) { $0.slowest = .milliseconds(30) })
        #expect(
            isBroken(.bulk) {
                $0.scale.assertsTimes = true
                $0.slowest = .milliseconds(30)
            })
    }

    @Test func b10JobsThatAreLost() {
        #expect(isBroken(.conservation) { $0.samples[1].present -= 1 })
        #expect(isBroken(.conservation) { $0.violations = ["I1 a job is in no index"] })
        #expect(isBroken(.conservation) { $0.left = 1 })
        #expect(isUnknown(.conservation) { $0.samples = [] })
    }

    @Test func b11WhatIsNotSeen() {
        #expect(isBroken(.visible) { $0.pause?.after.live = 104 })
        #expect(isBroken(.visible) { $0.pause?.after.oldest = .seconds(1) })
        #expect(isUnknown(.visible) { $0.pause = nil })
    }

    @Test func b11AMarkThatDoesNotHold() {
        func mark(
            waiting: Int = 105, sent: Int = 100, admitted: Int = 40, refused: Int, advised: Int? = nil, later: Int? = nil
        ) -> Evidence.MarkTrial {
            Evidence.MarkTrial(
                mark: 145, waiting: waiting, sent: sent, admitted: admitted, refused: refused, advised: advised ?? refused,
                later: later ?? refused)
        }
        #expect(!isBroken(.visible) { $0.mark = mark(refused: 60) })
        // One more went in than had room; one less, though it had; all; one though more waits than may.
        #expect(isBroken(.visible) { $0.mark = mark(admitted: 41, refused: 59) })
        #expect(isBroken(.visible) { $0.mark = mark(admitted: 39, refused: 61) })
        #expect(isBroken(.visible) { $0.mark = mark(admitted: 100, refused: 0) })
        #expect(isBroken(.visible) { $0.mark = mark(waiting: 150, admitted: 1, refused: 99) })
        // One vanished; one was not told when to come again; one was refused for good.
        #expect(isBroken(.visible) { $0.mark = mark(sent: 101, refused: 60) })
        #expect(isBroken(.visible) { $0.mark = mark(refused: 60, advised: 59) })
        #expect(isBroken(.visible) { $0.mark = mark(refused: 60, later: 59) })
        #expect(isUnknown(.visible) { $0.mark = nil })
        #expect(isUnknown(.visible) { $0.mark = mark(sent: 40, refused: 0) })
    }

    @Test func b12RunsThatGoOn() {
        #expect(isBroken(.timeout) { $0.lateWrites = 1 })
        #expect(isBroken(.timeout) { evidence in evidence.runs.removeAll { $0.id == Item.id(1023, 6) && $0.attempt == 2 } })
        #expect(
            isBroken(.timeout) { evidence in
                evidence.runs = evidence.runs.map { $0.end == .cut ? Made.run($0.id, at: $0.claimed, took: nil) : $0 }
            })
        #expect(isUnknown(.timeout) { $0.lateRefusals = 0 })
    }

    @Test func b13RetriesThatWait() {
        // It was due at 6.251 s; what is sent from 6.4 s on is later.
        func overtaken(by count: Int) -> (inout Evidence) -> Void {
            { evidence in
                evidence.runs.removeAll { $0.id == Made.failing && $0.attempt == 2 }
                evidence.runs += (0..<count).map {
                    Made.run(Item.id(10_000 + $0 / 9 * 10 + [0, 1, 2, 4, 5, 6, 7, 8, 9][$0 % 9], 3000 + $0), at: 7_000_000 + $0)
                }
                evidence.runs.append(Made.run(Made.failing, at: 8_000_000, attempt: 2))
            }
        }
        #expect(!isBroken(.retriesServed, overtaken(by: 4000)))
        #expect(isBroken(.retriesServed, overtaken(by: 4001)))
        // A worker was killed meanwhile: only what overtook before that counts.
        func killed(at time: Int) -> (inout Evidence) -> Void {
            { evidence in
                overtaken(by: 4001)(&evidence)
                evidence.killed[10] = time
            }
        }
        #expect(!isBroken(.retriesServed, killed(at: 7_004_000)))
        #expect(isBroken(.retriesServed, killed(at: 7_004_001)))
        #expect(isBroken(.retriesServed, killed(at: 6_200_000)))
        #expect(isUnknown(.retriesServed) { $0.announced = [] })
    }

    @Test func b14RunsWhileItIsOff() {
        let run = Made.run(Made.lookup, at: 55_000_000)
        #expect(isBroken(.switching) { $0.runs.append(run) })
        #expect(isBroken(.switching) { $0.calls.append(Made.call(of: run)) })
        #expect(isBroken(.switching) { $0.off?.others = 1 })
        // One that can do without.
        #expect(!isBroken(.switching) { $0.runs.append(Made.run(Item.id(13, 1), at: 55_000_000)) })
        #expect(isUnknown(.switching) { $0.without = 0 })
    }

    @Test func b15NobodyIsWarned() {
        #expect(isBroken(.sharedKey) { $0.warned = [] })
        #expect(isBroken(.sharedKey) { $0.counted = 0 })
        #expect(isUnknown(.sharedKey) { evidence in evidence.calls.removeAll { $0.key == Scale.sharedKey } })
    }

    @Test func aReportNamesWhatIsBroken() {
        var evidence = Made.whole
        #expect(RequirementsReport(evidence).isGood)
        #expect(RequirementsReport(evidence).lines.last?.contains("all requirements hold") ?? false)
        evidence.counted = 0
        evidence.unstored = [Made.plain: 1]
        let report = RequirementsReport(evidence)
        #expect(!report.isGood)
        #expect(report.lines.last?.contains("broken: B1, B5, B15") ?? false)
        evidence = Made.whole
        evidence.bulk = []
        #expect(!RequirementsReport(evidence).isGood)
        #expect(RequirementsReport(evidence).lines.last?.contains("not everything could be evaluated") ?? false)
    }
}
