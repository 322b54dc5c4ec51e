/// A whole reply in two arrays: its text end to end, and one node for each value, in the order in which they came.
///
/// An array's node is followed by the nodes of its elements. One tape costs three allocations, however large the reply.
final class ReplyTape: Sendable {
    let text: [UInt8]
    let nodes: [ReplyNode]

    init(text: [UInt8], nodes: [ReplyNode]) {
        self.text = text
        self.nodes = nodes
    }

    /// What reading beyond the end of a reply gives.
    static let null = ReplyTape(text: [], nodes: [.null(at: 0)])
}
