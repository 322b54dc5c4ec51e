import Subprocess
import Testing

extension Programs {
    /// The scenario `pipelines` as people run it: all promises hold, and under the design that it replaces they do not.
    @Suite(.serialized, .timeLimit(.minutes(10)))
    struct PipelinesTests {
        private let pipelines = ScenarioProgram(name: "pipelines")

        private static let promises = (1...12).map { "O\($0)" }

        @Test func everyPromiseHoldsInEveryCell() async throws {
            let result = try await pipelines("--quick")
            #expect(result.status == .exited(0), "\(result.output)\(result.error)")
            #expect(result.output.contains("6 cells, all promises hold"))
            #expect(!result.output.contains("FAIL"), "\(result.output)")
            for cell in [
                ("batched", "none"), ("batched", "global"), ("confirmed", "global"), ("batched", "global+partition"),
                ("confirmed", "rate"), ("confirmed", "all"),
            ] {
                let row = result.row(cell.0, cell.1)
                for promise in Self.promises { #expect(["ok", "-", "?"].contains(row[promise]), "\(cell) \(promise)") }
            }
            // Each promise is told, with what it was computed from.
            for promise in Self.promises { #expect(result.output.contains("\n\(promise) "), "\(promise)") }
        }

        @Test func aCountInTheWorkerStopsTheQueue() async throws {
            let result = try await pipelines("--quick", "--as-original")
            #expect(result.status == .exited(1), "\(result.output)\(result.error)")
            for limits in ["global", "all"] {
                #expect(result.row("confirmed", limits)["O2"] == "FAIL", "\(result.output)")
                #expect(result.output.contains("FAIL confirmed, \(limits): nothing started for"))
            }
            // It was asynchronous acknowledgement that kept the original going.
            for limits in ["none", "global", "global+partition"] {
                #expect(result.row("batched", limits)["O2"] == "ok", "\(result.output)")
            }
            #expect(result.output.contains("broken: O2, O4"), "\(result.output)")
        }

        @Test func optionsThatMakeNoSenseAreRefused() async throws {
            #expect(try await pipelines("--quick", "--full").status == .exited(2))
            #expect(try await pipelines("--help").status == .exited(0))
        }
    }
}

extension ScenarioProgram.Result {
    /// The row of a cell, by column.
    fileprivate func row(_ cell: String...) -> [String: String] {
        let rows = output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        guard let titles = rows.first(where: { $0.first == "acknowledged" }),
            let row = rows.first(where: { Array($0.prefix(cell.count)) == cell && $0.count == titles.count })
        else { return [:] }
        return Dictionary(zip(titles, row), uniquingKeysWith: { first, _ in first })
    }
}
