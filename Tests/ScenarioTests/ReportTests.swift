import ScenarioSupport
import Sluice
import Testing

@testable import pipelines

/// What the table says of verdicts, and what it makes of the whole.
struct ReportTests {
    private func result(_ cell: Cell, _ changes: [Promise: Verdict] = [:]) -> CellResult {
        var result = CellResult(cell: cell, finals: ["a": .completed])
        for promise in Promise.allCases { result.verdicts[promise] = changes[promise] ?? .holds("as it should") }
        return result
    }

    private func report(_ results: [CellResult]) -> Report { Report(results, elapsed: .seconds(1), asOriginal: false) }

    @Test func allThatHoldsIsGood() {
        let report = report([result(Cell.some[0]), result(Cell.some[1], [.ratesHold: .absent("no rates")])])
        #expect(report.isGood)
        #expect(report.lines.last == "2 cells, all promises hold; 1.0 s")
    }

    @Test func aBrokenPromiseIsTold() {
        let report = report([result(Cell.some[0]), result(Cell.some[1], [.chunks: .broken(["one", "two", "three"])])])
        #expect(!report.isGood)
        #expect(report.lines.contains("    FAIL batched, global: one"))
        #expect(report.lines.contains("         and 1 more"))
        #expect(report.lines.last == "2 cells, broken: O9; 1.0 s")
    }

    @Test func whatNoCellCouldTellIsNotGood() {
        let unknown: [Promise: Verdict] = [.fencing: .unknown("nobody was overtaken")]
        #expect(report([result(Cell.some[0]), result(Cell.some[1], unknown)]).isGood)
        let report = report([result(Cell.some[0], unknown), result(Cell.some[1], unknown)])
        #expect(!report.isGood)
        #expect(report.lines.contains("    ?    batched, none; batched, global: not evaluated, nobody was overtaken"))
    }

    @Test func cellsThatEndDifferentlyAreTold() {
        var other = result(Cell.some[1])
        other.finals["a"] = .discarded
        let report = report([result(Cell.some[0]), other])
        #expect(!report.isGood)
        #expect(report.lines.contains("    FAIL batched, global: 1 jobs end otherwise than in batched, none"))
    }

    @Test func aCellThatCouldNotBeRunIsTold() {
        let report = report([result(Cell.some[0]), CellResult(cell: Cell.some[1], failure: "no Redis")])
        #expect(!report.isGood)
        #expect(report.lines.contains("FAIL batched, global could not be run: no Redis"))
    }
}
