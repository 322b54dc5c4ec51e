import Testing

/// Chains in any order of events: no job runs before those ahead of it have ended for good, and none is stuck.
@Suite(.timeLimit(.minutes(10)))
struct ChainRandomTests {
    private static let runs = 60
    private static let steps = 60

    @Test(arguments: 0..<3) func keepTheirOrder(_ part: Int) async throws {
        for seed in stride(from: part, to: Self.runs, by: 3) {
            let run = try await ChainRun(seed: UInt64(seed))
            for _ in 0..<Self.steps where run.faults.isEmpty { try await run.step() }
            if run.faults.isEmpty { try await run.finish() }
            if !run.faults.isEmpty {
                let report = run.faults + ["after:"] + run.steps
                Issue.record("seed \(seed): \(report.joined(separator: "\n"))")
                return
            }
            try await run.clean()
        }
    }
}
