import ScenarioSupport

/// All cells, some at a time.
struct Matrix: Sendable {
    let scale: Scale
    let asOriginal: Bool
    let seed: UInt64
    let records: CellRecords?

    /// Runs them. Returns what came of each, in their order.
    func run() async throws -> [CellResult] {
        try await withThrowingTaskGroup(of: (Int, CellResult).self) { group in
            var waiting = Array(scale.cells.enumerated())[...]
            func start() {
                guard let (index, cell) = waiting.popFirst() else { return }
                let run = CellRun(cell: cell, scale: scale, asOriginal: asOriginal, seed: seed, records: records)
                group.addTask { (index, try await run.run()) }
            }
            for _ in 0..<scale.parallel { start() }
            var results: [Int: CellResult] = [:]
            while let (index, result) = try await group.next() {
                results[index] = result
                Console.progress("\(result.cell): done after \(result.elapsed)")
                start()
            }
            return results.sorted { $0.key < $1.key }.map(\.value)
        }
    }
}
