import SluiceInspector

/// A graph as SVG. Each node is a box with its name and a word for its state; one with an address is a link.
struct GraphDrawing {
    struct Node {
        var name: String
        /// The state in a word.
        var word: String
        /// The class of its colour and outline: `done`, `fail`, `run`, `held`, `off`; empty for none.
        var tone: String
        var address: String?
        /// What else is told of it.
        var detail: String
    }

    struct Edge {
        var from: Int
        var to: Int
        /// What happens to the later node if the earlier one fails, if that is not the usual; the edge is dashed then.
        var note: String?
    }

    private static let margin = 4.0
    private static let longestName = 23

    /// What the picture shows, for those who do not see it.
    var title: String
    var nodes: [Node]
    var edges: [Edge]

    var html: HTML {
        let layout = GraphLayout(nodes: nodes.count, edges: edges.map { ($0.from, $0.to) })
        let (width, height) = (layout.size.x + 2 * Self.margin, layout.size.y + 2 * Self.margin)
        let lines = zip(edges, layout.edges).map { edge, points in points.isEmpty ? "" : line(edge, points) }
        let boxes = zip(nodes, layout.corners).map { node, corner in box(node, corner) }
        return """
            <div class="graphbox" tabindex="0" role="region" aria-label="\(title)"><svg class="graph" width="\(LineChart.text(width))" height="\(LineChart.text(height))" viewBox="\(LineChart.text(-Self.margin)) \(LineChart.text(-Self.margin)) \(LineChart.text(width)) \(LineChart.text(height))" role="group" aria-label="\(title)">
            \(lines)\(boxes)</svg></div>
            """
    }

    private func line(_ edge: Edge, _ points: [GraphLayout.Point]) -> HTML {
        var path = "M\(Self.text(points[0]))"
        for (index, (start, end)) in zip(points, points.dropFirst()).enumerated() {
            if index.isMultiple(of: 2) {
                let middle = (start.x + end.x) / 2
                path += "C\(Self.text(.init(x: middle, y: start.y))) \(Self.text(.init(x: middle, y: end.y))) \(Self.text(end))"
            } else {
                path += "L\(Self.text(end))"
            }
        }
        let name = "\(nodes[edge.from].name) before \(nodes[edge.to].name)\(edge.note.map { ": \($0)" } ?? "")"
        return "<path class=\"edge\(edge.note == nil ? "" : " ignore" as HTML)\" d=\"\(path)\"><title>\(name)</title></path>\n"
    }

    private func box(_ node: Node, _ corner: GraphLayout.Point) -> HTML {
        let (x, y) = (corner.x, corner.y)
        func text(_ number: Double) -> String { LineChart.text(number) }
        let shape: HTML = """
            <g class="node \(node.tone)"><title>\(node.name): \(node.word)\(node.detail.isEmpty ? "" : ", \(node.detail)")</title><rect x="\(text(x))" y="\(text(y))" width="\(text(GraphLayout.width))" height="\(text(GraphLayout.height))" rx="4"/><text x="\(text(x + 10))" y="\(text(y + 18))">\(HumanText.cut(node.name, to: Self.longestName))</text><text class="s" x="\(text(x + 10))" y="\(text(y + 34))">\(node.word)</text></g>
            """
        return (node.address.map { Parts.link($0, shape) } ?? shape) + "\n"
    }

    private static func text(_ point: GraphLayout.Point) -> String { "\(LineChart.text(point.x)) \(LineChart.text(point.y))" }
}
