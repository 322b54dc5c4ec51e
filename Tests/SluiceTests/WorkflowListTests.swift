import Sluice
import SluiceCore
import SluiceStore
import SluiceTesting
import Testing

/// The list of workflows, which batches that are being sealed are on as well.
@Suite(.timeLimit(.minutes(10)))
struct WorkflowListTests {
    @Test func batchesAmongThemEndNoPage() async throws {
        let queues = try await TestNamespace()
        let ids = (0..<1500).map { "w\($0)" }
        for page in [ids[..<999], ids[999...]] {
            let looks = page.enumerated().map { (workflow: $0.element, after: Optional(Duration.seconds($0.offset))) }
            _ = try await queues.store.call(WorkflowIndex(take: 0, looks: looks))
        }
        _ = try await queues.store.call(WorkflowIndex(take: 0, looks: [(workflow: "batch:b", after: .seconds(700))]))
        #expect(Set(try await queues.store.workflows(most: 10_000)) == Set(ids))
    }
}
