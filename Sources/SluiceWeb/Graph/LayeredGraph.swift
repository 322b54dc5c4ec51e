/// The nodes of a directed graph in layers from left to right. Where an edge passes a layer, it has a point there, so that it goes
/// between the nodes. The long edges of one node share their points.
///
/// The method is that of Sugiyama, Tagawa and Toda (1981): layers by the longest path, an order within each layer that makes few
/// crossings (LayeredGraph+Crossings.swift), then coordinates (GraphLayout.swift).
struct LayeredGraph {
    /// Edges beyond this number of points are drawn straight.
    private static let mostPoints = 4000

    /// The vertices of each layer, in order. Those below `nodes` are nodes, the others are points.
    private(set) var layers: [[Int]] = []
    /// The number of nodes.
    let nodes: Int
    /// The layer of each vertex.
    private(set) var layer: [Int]
    /// The vertices that each vertex is joined with, in the layer before and in the one after.
    private(set) var before: [[Int]]
    private(set) var after: [[Int]]
    /// The vertices of each edge, from its start to its end; empty for one that closes a cycle, and is left out.
    private(set) var paths: [[Int]] = []

    /// - Parameter edges: pairs of nodes, `0..<nodes`.
    init(nodes: Int, edges: [(from: Int, to: Int)]) {
        self.nodes = nodes
        layer = Self.layers(nodes, edges)
        before = Array(repeating: [], count: nodes)
        after = before
        addPaths(edges)
        layers = Array(repeating: [], count: (layer.max() ?? -1) + 1)
        for vertex in layer.indices { layers[layer[vertex]].append(vertex) }
    }

    mutating func setOrder(_ order: [Int], of layer: Int) { layers[layer] = order }

    /// The longest path to each node. In a cycle, the first node comes first.
    private static func layers(_ nodes: Int, _ edges: [(from: Int, to: Int)]) -> [Int] {
        var targets = Array(repeating: [Int](), count: nodes)
        var waits = Array(repeating: 0, count: nodes)
        for edge in edges {
            targets[edge.from].append(edge.to)
            waits[edge.to] += 1
        }
        var layer = Array(repeating: 0, count: nodes)
        var isPlaced = Array(repeating: false, count: nodes)
        var ready = (0..<nodes).filter { waits[$0] == 0 }[...]
        var next = 0
        while true {
            if ready.isEmpty {
                while next < nodes, isPlaced[next] { next += 1 }
                if next == nodes { break }
                ready = [next]
            }
            let node = ready.removeFirst()
            if isPlaced[node] { continue }
            isPlaced[node] = true
            for target in targets[node] where !isPlaced[target] {
                layer[target] = max(layer[target], layer[node] + 1)
                waits[target] -= 1
                if waits[target] == 0 { ready.append(target) }
            }
        }
        let isFollower = edges.reduce(into: Array(repeating: false, count: nodes)) { $0[$1.to] = true }
        // What waits for nothing stands right before the first that waits for it.
        for node in 0..<nodes where !isFollower[node] {
            if let first = targets[node].map({ layer[$0] }).min(), first > 0 { layer[node] = first - 1 }
        }
        return layer
    }

    private mutating func addPaths(_ edges: [(from: Int, to: Int)]) {
        var points: [Int: [Int]] = [:]
        for edge in edges {
            let length = layer[edge.to] - layer[edge.from]
            guard length > 0 else {
                paths.append([])
                continue
            }
            var chain = points[edge.from] ?? []
            if layer.count - nodes + length - 1 - chain.count > Self.mostPoints {
                paths.append([edge.from, edge.to])
                continue
            }
            while chain.count < length - 1 {
                let point = addPoint(in: layer[edge.from] + chain.count + 1)
                join(chain.last ?? edge.from, point)
                chain.append(point)
            }
            points[edge.from] = chain
            let passed = chain.prefix(length - 1)
            join(passed.last ?? edge.from, edge.to)
            paths.append([edge.from] + passed + [edge.to])
        }
    }

    private mutating func addPoint(in layer: Int) -> Int {
        self.layer.append(layer)
        before.append([])
        after.append([])
        return self.layer.count - 1
    }

    private mutating func join(_ from: Int, _ to: Int) {
        after[from].append(to)
        before[to].append(from)
    }
}
