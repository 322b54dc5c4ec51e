import Testing

/// Unique jobs in any order, against a model: each answer is the one it has, and the audit is clean after each step.
@Suite(.timeLimit(.minutes(10)))
struct UniqueRandomTests {
    @Test(arguments: 0..<4) func isAsTheModelHasIt(_ part: Int) async throws {
        for seed in stride(from: part, to: 160, by: 4) {
            let run = try await UniqueRun(seed: UInt64(seed))
            for _ in 0..<80 where run.faults.isEmpty { try await run.step() }
            if !run.faults.isEmpty {
                Issue.record("seed \(seed): \((run.faults + ["after:"] + run.steps).joined(separator: "\n"))")
                return
            }
            try await run.clean()
        }
    }
}
