import HTTPTypes
import SluiceTesting
import Testing

@testable import SluiceWeb

/// Where graphs are drawn: what holds for all of them.
@Suite struct GraphLayoutTests {
    private typealias Edge = (from: Int, to: Int)

    /// A random graph whose edges go from lower to higher numbers, under other names.
    private static func graph(_ nodes: Int, _ edges: Int, seed: UInt64) -> [Edge] {
        var random = SplitMix(seed: seed)
        var names = Array(0..<nodes)
        names.shuffle(using: &random)
        var seen: Set<[Int]> = []
        return (0..<edges).compactMap { _ in
            let ends = [Int.random(in: 0..<nodes, using: &random), Int.random(in: 0..<nodes, using: &random)].sorted()
            guard ends[0] != ends[1], seen.insert(ends).inserted else { return nil }
            return (names[ends[0]], names[ends[1]])
        }
    }

    private static func check(_ layout: GraphLayout, _ edges: [Edge]) {
        let corners = layout.corners
        for (index, one) in corners.enumerated() {
            #expect(one.x >= 0 && one.y >= 0)
            #expect(one.x + GraphLayout.width <= layout.size.x && one.y + GraphLayout.height <= layout.size.y)
            for other in corners[(index + 1)...] where other.x == one.x {
                #expect(abs(other.y - one.y) >= GraphLayout.height, "two nodes overlap")
            }
        }
        // Columns are wider than nodes, so that nodes of different ones do not meet.
        let columns = Set(corners.map(\.x)).sorted()
        for (one, other) in zip(columns, columns.dropFirst()) { #expect(other - one > GraphLayout.width) }
        for (edge, points) in zip(edges, layout.edges) {
            #expect(
                points.first
                    == .init(x: corners[edge.from].x + GraphLayout.width, y: corners[edge.from].y + GraphLayout.height / 2))
            #expect(points.last == .init(x: corners[edge.to].x, y: corners[edge.to].y + GraphLayout.height / 2))
            for (one, other) in zip(points, points.dropFirst()) { #expect(one.x < other.x, "an edge goes back") }
        }
    }

    @Test(arguments: [(1, 0), (2, 1), (10, 14), (40, 60), (120, 300), (300, 320)])
    func nodesDoNotOverlapAndEdgesGoToTheRight(_ nodes: Int, _ edges: Int) {
        for seed in 1...5 as ClosedRange<UInt64> {
            let graph = Self.graph(nodes, edges, seed: seed)
            let layout = GraphLayout(nodes: nodes, edges: graph)
            #expect(layout.corners.count == nodes && layout.edges.count == graph.count)
            Self.check(layout, graph)
            let again = GraphLayout(nodes: nodes, edges: graph)
            #expect(layout.corners == again.corners && layout.edges == again.edges)
        }
    }

    @Test func passingEdgesKeepAwayFromNodes() {
        let graph = Self.graph(60, 120, seed: 9)
        let layout = GraphLayout(nodes: 60, edges: graph)
        for points in layout.edges {
            // Within a column an edge is a level line between two of its points.
            for (start, end) in zip(points, points.dropFirst()) where start.y == end.y && end.x - start.x == GraphLayout.width {
                for corner in layout.corners where corner.x == start.x {
                    #expect(start.y < corner.y || start.y > corner.y + GraphLayout.height)
                }
            }
        }
    }

    @Test func nothingIsDrawnOfNothing() {
        let layout = GraphLayout(nodes: 0, edges: [])
        #expect(layout.corners.isEmpty && layout.edges.isEmpty)
    }

    @Test func aChainIsALineAndADiamondIsEven() {
        let chain = GraphLayout(nodes: 4, edges: [(0, 1), (1, 2), (2, 3)])
        #expect(Set(chain.corners.map(\.y)).count == 1)
        #expect(chain.corners.map(\.x) == chain.corners.map(\.x).sorted())
        let diamond = GraphLayout(nodes: 4, edges: [(0, 1), (0, 2), (1, 3), (2, 3)])
        #expect(diamond.corners[1].x == diamond.corners[2].x)
        #expect(diamond.corners[0].y == diamond.corners[3].y)
        #expect(abs((diamond.corners[1].y + diamond.corners[2].y) / 2 - diamond.corners[0].y) < 0.01)
    }

    @Test func crossingsThatNeedNotBeAreRemoved() {
        // Two lines that cross in the order of their names.
        var graph = LayeredGraph(nodes: 4, edges: [(0, 3), (1, 2)])
        #expect(graph.crossings() == 1)
        graph.reduceCrossings()
        #expect(graph.crossings() == 0)
        // A tree never needs one.
        var tree = LayeredGraph(nodes: 63, edges: Self.tree(of: 63))
        tree.reduceCrossings()
        #expect(tree.crossings() == 0)
    }

    private static func tree(of nodes: Int) -> [Edge] {
        var random = SplitMix(seed: 3)
        var names = Array(0..<nodes)
        names.shuffle(using: &random)
        return (1..<nodes).map { (names[($0 - 1) / 2], names[$0]) }
    }

    @Test func crossingsAreCountedRight() {
        for seed in 1...10 as ClosedRange<UInt64> {
            let graph = LayeredGraph(nodes: 20, edges: Self.graph(20, 40, seed: seed))
            var place: [Int: Int] = [:]
            for layer in graph.layers { for (index, vertex) in layer.enumerated() { place[vertex] = index } }
            var count = 0
            for layer in graph.layers {
                let edges = layer.flatMap { vertex in graph.after[vertex].map { (place[vertex] ?? 0, place[$0] ?? 0) } }
                for (index, one) in edges.enumerated() {
                    for other in edges[(index + 1)...] where (one.0 - other.0) * (one.1 - other.1) < 0 { count += 1 }
                }
            }
            #expect(graph.crossings() == count)
        }
    }

    @Test func aCycleEndsNothing() {
        let edges: [Edge] = [(0, 1), (1, 2), (2, 0), (2, 3), (3, 3)]
        let layout = GraphLayout(nodes: 4, edges: edges)
        #expect(layout.edges.map(\.isEmpty) == [false, false, true, false, true])
    }

    @Test func manyLongEdgesAreBounded() {
        // Each node of a chain has an edge to the last one, too: a point in each layer would be half a million.
        let nodes = 1000
        let edges: [Edge] = (1..<nodes).map { ($0 - 1, $0) } + (0..<(nodes - 2)).map { ($0, nodes - 1) }
        let graph = LayeredGraph(nodes: nodes, edges: edges)
        #expect(graph.layers.count == nodes)
        #expect(graph.layer.count <= nodes + 4000)
        let layout = GraphLayout(nodes: nodes, edges: edges)
        #expect(layout.corners.count == nodes && layout.edges.allSatisfy { !$0.isEmpty })
    }
}
