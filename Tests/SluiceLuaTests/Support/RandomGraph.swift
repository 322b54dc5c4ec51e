import SluiceCore
import SluiceStore
import SluiceTesting

/// A random workflow of up to 200 nodes, in branches by name, with how each job will end.
struct RandomGraph {
    struct Node {
        var name: String
        var isVirtual: Bool
        var after: [WorkflowEdge]
        /// How its job ends, if it runs.
        var end: OutboxMessage.EndState
    }

    let nodes: [Node]
    /// Of a hundred jobs, how many fail.
    let failing: Int

    init(_ numbers: inout SplitMix, most: Int = 200) {
        let count = Int.random(in: 1...most, using: &numbers)
        let width = Int.random(in: 1...20, using: &numbers)
        let failing = Int.random(in: 0...20, using: &numbers)
        self.failing = failing
        nodes = (0..<count).map { index in
            let parents = index == 0 ? 0 : Int.random(in: 0...min(4, index), using: &numbers)
            let first = max(0, index - width)
            let names = Set((0..<parents).map { _ in Int.random(in: first..<max(index, first + 1), using: &numbers) })
            let after = names.sorted().filter { $0 < index }.map { Self.edge(to: Self.name($0), &numbers) }
            return Node(
                name: Self.name(index), isVirtual: Int.random(in: 0..<8, using: &numbers) == 0, after: after,
                end: Self.end(failing: failing, &numbers))
        }
    }

    /// Ten nodes make a branch.
    private static func name(_ index: Int) -> String { "b\(index / 10).n\(index)" }

    static func edge(to name: String, _ numbers: inout SplitMix) -> WorkflowEdge {
        let policies: [FailurePolicy] = [.cancel, .cancel, .ignore, .hold]
        return WorkflowEdge(name, policies[Int.random(in: 0..<policies.count, using: &numbers)])
    }

    static func end(failing: Int, _ numbers: inout SplitMix) -> OutboxMessage.EndState {
        let fails = Int.random(in: 0..<100, using: &numbers) < failing
        return !fails ? .completed : Bool.random(using: &numbers) ? .discarded : .cancelled
    }
}

extension RandomGraph.Node {
    /// The node as the store takes it.
    func stored(before: [WorkflowEdge] = []) -> WorkflowAdd.Node {
        WorkflowAdd.Node(
            name, queue: isVirtual ? nil : "mail", spec: Array(isVirtual ? "".utf8 : #"{"kind":"k"}"#.utf8), after: after,
            before: before)
    }
}
