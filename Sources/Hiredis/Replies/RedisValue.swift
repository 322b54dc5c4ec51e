/// One value in a reply: a view that keeps the reply alive.
///
/// Reading is lenient: a missing element is a null, and a value of the wrong kind gives nil, never a trap.
package struct RedisValue: Sendable {
    package enum Kind: UInt8, Sendable {
        case string, status, integer, null, array, error
    }

    let tape: ReplyTape
    let index: Int

    static let null = RedisValue(tape: .null, index: 0)

    var node: ReplyNode { tape.nodes[index] }

    package var kind: Kind { node.kind }

    package var isNull: Bool { node.kind == .null }

    /// The text of a string or a status; bytes that are not UTF-8 are replaced by U+FFFD.
    package var string: String? {
        let node = node
        guard node.kind == .string || node.kind == .status else { return nil }
        return text(of: node)
    }

    /// The value of an integer, or of a string that is a whole number in decimal.
    package var integer: Int? {
        let node = node
        switch node.kind {
        case .integer: return node.payload
        case .string, .status: return withText(of: node) { Int(decimal: $0) }
        case .null, .array, .error: return nil
        }
    }

    /// The value of an integer or of a string with a number, which is how Redis writes scores.
    package var double: Double? {
        let node = node
        switch node.kind {
        case .integer: return Double(node.payload)
        case .string, .status: return Double(text(of: node))
        case .null, .array, .error: return nil
        }
    }

    /// The bytes of a string or a status.
    package var bytes: [UInt8]? {
        let node = node
        guard node.kind == .string || node.kind == .status else { return nil }
        return Array(tape.text[node.textRange])
    }

    /// Passes the bytes of a string or a status to `body` without copying; no bytes for any other kind.
    package func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        let node = node
        guard node.kind == .string || node.kind == .status else {
            return try body(UnsafeRawBufferPointer(start: nil, count: 0))
        }
        return try withText(of: node, body)
    }

    /// The error if the value is an error reply, else nil.
    package var error: RedisServerError? {
        let node = node
        return node.kind == .error ? RedisServerError(reply: text(of: node)) : nil
    }

    private func text(of node: ReplyNode) -> String {
        withText(of: node) { String(decoding: $0, as: UTF8.self) }
    }

    private func withText<R>(of node: ReplyNode, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        let range = node.textRange
        return try tape.text.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }
}
