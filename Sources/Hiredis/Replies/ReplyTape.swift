/// A whole reply in two arrays: its text end to end, and one node for each value, in order of arrival.
///
/// The nodes of an array's elements follow the array's node. A tape costs three allocations, however large the reply.
final class ReplyTape: Sendable {
    let text: [UInt8]
    let nodes: [ReplyNode]

    init(text: [UInt8], nodes: [ReplyNode]) {
        self.text = text
        self.nodes = nodes
    }

    /// The result of reading beyond the end of a reply.
    static let null = ReplyTape(text: [], nodes: [.null(at: 0)])
}
