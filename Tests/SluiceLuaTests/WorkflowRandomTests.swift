import Foundation
import SluiceTesting
import Testing

/// Random workflows under faults, against what their documentation says of them. `SLUICE_WORKFLOW_RUNS` sets how many.
@Suite(.timeLimit(.minutes(15)))
struct WorkflowRandomTests {
    private static let runs = ProcessInfo.processInfo.environment["SLUICE_WORKFLOW_RUNS"].flatMap { Int($0) } ?? 12

    @Test(arguments: 0..<runs) func everyNodeComesToItsEnd(_ seed: Int) async throws {
        var numbers = SplitMix(seed: UInt64(seed))
        let graph = RandomGraph(&numbers, most: seed % 4 == 0 ? 200 : 40)
        let simulation = try await WorkflowSimulation(graph, numbers: numbers)
        let faults = try await simulation.run()
        #expect(faults == [], "seed \(seed), \(graph.nodes.count) nodes")
    }
}
