/// Where the nodes and edges of a graph are drawn: from left to right, without overlaps, the same for the same graph.
struct GraphLayout {
    struct Point: Hashable {
        var x: Double
        var y: Double
    }

    /// The size of a node, and the room between two columns.
    static let width = 168.0
    static let height = 44.0
    static let gap = 56.0
    /// The distance of the middles of two nodes, of a node and a passing edge, and of two passing edges.
    private static let distances = (nodes: 56.0, mixed: 36.0, points: 14.0)
    private static let rounds = 6

    /// The top left corner of each node.
    let corners: [Point]
    /// The points of each edge, in order: curves between columns, lines within them. Empty for an edge that is not drawn.
    let edges: [[Point]]
    /// The size of the whole picture.
    let size: Point

    init(nodes: Int, edges: [(from: Int, to: Int)]) {
        var graph = LayeredGraph(nodes: nodes, edges: edges)
        graph.reduceCrossings()
        let heights = Self.heights(graph)
        let column = Self.width + Self.gap
        func x(_ vertex: Int) -> Double { Double(graph.layer[vertex]) * column }
        corners = (0..<nodes).map { Point(x: x($0), y: heights[$0] - Self.height / 2) }
        self.edges = graph.paths.map { path in
            guard let first = path.first, let last = path.last else { return [] }
            let passed = path.dropFirst().dropLast().flatMap { vertex in
                [Point(x: x(vertex), y: heights[vertex]), Point(x: x(vertex) + Self.width, y: heights[vertex])]
            }
            return [Point(x: x(first) + Self.width, y: heights[first])] + passed + [Point(x: x(last), y: heights[last])]
        }
        size = Point(
            x: max(Double(graph.layers.count) * column - Self.gap, 0), y: (heights.max() ?? 0) + Self.height / 2)
    }

    /// The middle of each vertex. Each layer comes as close to its neighbours as its order and the distances allow.
    private static func heights(_ graph: LayeredGraph) -> [Double] {
        let gaps = graph.layers.map { layer in
            zip(layer, layer.dropFirst()).map { one, other in
                switch (one < graph.nodes, other < graph.nodes) {
                case (true, true): distances.nodes
                case (false, false): distances.points
                default: distances.mixed
                }
            }
        }
        var heights = Array(repeating: 0.0, count: graph.layer.count)
        for (index, layer) in graph.layers.enumerated() {
            var height = -gaps[index].reduce(0, +) / 2
            for (place, vertex) in layer.enumerated() {
                heights[vertex] = height
                if place < gaps[index].count { height += gaps[index][place] }
            }
        }
        for round in 0..<rounds {
            let isRightward = round.isMultiple(of: 2)
            let order = isRightward ? Array(graph.layers.indices) : graph.layers.indices.reversed()
            for index in order {
                let layer = graph.layers[index]
                let wanted = layer.map { vertex in
                    let neighbours = isRightward ? graph.before[vertex] : graph.after[vertex]
                    if neighbours.isEmpty { return heights[vertex] }
                    return neighbours.reduce(0) { $0 + heights[$1] } / Double(neighbours.count)
                }
                for (vertex, height) in zip(layer, spread(wanted, gaps: gaps[index])) { heights[vertex] = height }
            }
        }
        let top = (0..<graph.nodes).map { heights[$0] - height / 2 }.min() ?? 0
        let highest = min(top, (heights.min() ?? 0) - 2)
        return heights.map { $0 - highest }
    }

    /// The numbers that are nearest to the wanted ones, by least squares, of which each is larger than the one before by at least the
    /// gap between them. The method is isotonic regression by pooling adjacent violators (Ayer and others, 1955).
    static func spread(_ wanted: [Double], gaps: [Double]) -> [Double] {
        var blocks: [(sum: Double, count: Int)] = []
        var offset = 0.0
        var offsets: [Double] = []
        for (index, value) in wanted.enumerated() {
            if index > 0 { offset += gaps[index - 1] }
            offsets.append(offset)
            blocks.append((value - offset, 1))
            while blocks.count > 1, mean(blocks[blocks.count - 2]) > mean(blocks[blocks.count - 1]) {
                let last = blocks.removeLast()
                blocks[blocks.count - 1].sum += last.sum
                blocks[blocks.count - 1].count += last.count
            }
        }
        let levels = blocks.flatMap { Array(repeating: mean($0), count: $0.count) }
        return zip(levels, offsets).map { $0 + $1 }
    }

    private static func mean(_ block: (sum: Double, count: Int)) -> Double { block.sum / Double(block.count) }
}
