import Testing

/// Everything in any order: after each step the audit is clean and no job is lost or doubled.
@Suite(.timeLimit(.minutes(10)))
struct RandomTests {
    private static let runs = 300
    private static let steps = 60

    @Test(arguments: 0..<6) func keepsTheInvariants(_ part: Int) async throws {
        for seed in stride(from: part, to: Self.runs, by: 6) {
            let run = try await RandomRun(seed: UInt64(seed))
            for _ in 0..<Self.steps where run.faults.isEmpty { try await run.step() }
            if !run.faults.isEmpty {
                let report = run.faults + ["after:"] + run.steps
                Issue.record("seed \(seed): \(report.joined(separator: "\n"))")
                return
            }
            try await run.clean()
        }
    }
}
