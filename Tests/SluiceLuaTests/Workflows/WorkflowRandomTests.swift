import Foundation
import SluiceTesting
import Testing

/// Random workflows under faults, against what their documentation says of them. `SLUICE_WORKFLOW_RUNS` sets how many.
@Suite(.timeLimit(.minutes(15)))
struct WorkflowRandomTests {
    private static let runs = ProcessInfo.processInfo.environment["SLUICE_WORKFLOW_RUNS"].flatMap { Int($0) } ?? 12

    /// Nodes are added while it runs; when it is at rest, branches or all of it are cancelled and retried.
    @Test(arguments: 0..<runs) func everyNodeComesToItsEnd(_ seed: Int) async throws {
        var numbers = SplitMix(seed: UInt64(seed))
        let graph = RandomGraph(&numbers, most: seed % 4 == 0 ? 200 : 40)
        let simulation = try await WorkflowSimulation(graph, numbers: numbers)
        simulation.interference = 5
        try await simulation.start()
        for round in 0...3 where simulation.faults.isEmpty {
            if round > 0 { try await simulation.change() }
            try await simulation.comeToRest()
            try await simulation.checkStates()
            simulation.checkStarts()
        }
        let faults = simulation.faults + (try await simulation.queue.audit())
        #expect(faults == [], "seed \(seed), \(graph.nodes.count) nodes")
    }

    /// Branches or all of it are cancelled and retried at any moment, or its deadline comes; when that is over and nothing fails any
    /// more, a retry brings every node to its good end.
    @Test(arguments: 0..<runs) func whateverIsDoneToItARetryCompletesIt(_ seed: Int) async throws {
        var numbers = SplitMix(seed: UInt64(seed) + 1_000_000)
        let graph = RandomGraph(&numbers, most: seed % 4 == 0 ? 200 : 40)
        let deadline = seed % 3 == 0 ? Duration.seconds(Int.random(in: 3...30, using: &numbers)) : nil
        let simulation = try await WorkflowSimulation(graph, numbers: numbers, deadline: deadline)
        simulation.isPredictable = false
        simulation.interference = 20
        try await simulation.start()
        try await simulation.comeToRest()
        try await simulation.checkAgreement()
        simulation.interference = 0
        try await simulation.heal()
        try await simulation.comeToRest()
        try await simulation.checkAgreement(all: "completed")
        simulation.checkStarts()
        let faults = simulation.faults + (try await simulation.queue.audit())
        #expect(faults == [], "seed \(seed), \(graph.nodes.count) nodes")
    }
}
