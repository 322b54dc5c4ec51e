import Foundation
import SluiceTesting
import Testing

/// Lanes and gates against a model of them: after each step of random runs both show the same, the audit is clean, and no claim
/// leaves a job behind that could run.
///
/// `SLUICE_MODEL_SEED=17` does one run alone. `SLUICE_MODEL_RUNS=2001` does more of them, as after a change of how jobs are claimed
/// or settled.
@Suite(.timeLimit(.minutes(25)))
struct LimitsModelTests {
    private static let parts = 3
    private static let steps = 200

    private static var seeds: Range<Int> {
        let environment = ProcessInfo.processInfo.environment
        if let seed = environment["SLUICE_MODEL_SEED"].flatMap({ Int($0) }) { return seed..<seed + 1 }
        return 0..<(environment["SLUICE_MODEL_RUNS"].flatMap { Int($0) } ?? 601)
    }

    @Test(arguments: 0..<parts) func theLibraryDoesWhatTheModelDoes(_ part: Int) async throws {
        try await run(Self.seeds.filter { $0 % Self.parts == part })
    }

    /// Jobs that were chosen and found no room in the reply go back.
    @Test func theSameWithRepliesThatAreFullWithTwoJobs() async throws {
        let modules = try Mutant.fullReplies.modules()
        try await run(Array(Self.seeds.prefix(100)), modules, mostInReply: 2)
    }

    private func run(_ seeds: [Int], _ modules: [String: String] = [:], mostInReply: Int = .max) async throws {
        let server = try await RedisTestServer.start()
        try await server.useVirtualClock(replacing: modules)
        let queues = try await TestNamespace(on: server, clock: .virtual)
        for seed in seeds {
            let run = try await Simulation(seed: UInt64(seed), on: queues, mostInReply: mostInReply)
            try await run.run(steps: Self.steps)
            if !run.faults.isEmpty {
                Issue.record("SLUICE_MODEL_SEED=\(seed)\n\(run.report)")
                return
            }
        }
    }
}
