import SluiceLua
import SluiceTesting
import Testing

/// The model test finds faults: each of these is caught. No switch of the product is needed for it.
@Suite(.timeLimit(.minutes(15)))
struct MutantTests {
    /// Runs to try where the noted one, after a change of the random choices, no longer shows the fault.
    private static let others = 0..<UInt64(300)

    @Test(arguments: Mutant.turns + Mutant.looks + Mutant.accounts) func isCaught(_ mutant: Mutant) async throws {
        let server = try await RedisTestServer.start()
        try await server.useVirtualClock(replacing: mutant.modules())
        let queues = try await TestNamespace(on: server, clock: .virtual)
        for seed in [mutant.seed] + Self.others {
            let most = mutant.isAboutFullReplies ? 2 : Int.max
            let run = try await Simulation(seed: seed, on: queues, mostInReply: most)
            try await run.run(steps: 200)
            if !run.faults.isEmpty { return }
        }
        Issue.record("\(Self.others.count) runs did not show that this line is missing: \(mutant.testDescription)")
    }

    @Test func everyCallThatPassesAPlaceOnHasAMutant() {
        let calls = [".turn(q", ".turn_all(q", "turn_later(", "turn_gates("]
        var found: [String] = []
        // The runs have nothing to repair: that what is repaired runs to its end is seen where it is tested.
        for (module, text) in FunctionLibrary.modules where module != "repair" {
            let lines = text.split(separator: "\n").map(Mutant.trimmed)
            found += lines.filter { line in
                calls.contains { line.contains($0) } && !["--", "function", "local function"].contains { line.hasPrefix($0) }
            }.map { module + ": " + $0 }
        }
        #expect(found.sorted() == Mutant.turns.map(\.testDescription).sorted())
    }
}
