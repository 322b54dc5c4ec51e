import CHiredis

/// Fills a tape with the values that hiredis reads.
///
/// If it rejects a value, hiredis gives up the stream; `refusal` then holds the reason.
struct ReplyTapeBuilder {
    private var text: [UInt8] = []
    private var nodes: [ReplyNode] = []
    private var open: [(node: Int, remaining: Int)] = []
    /// Number of values missing in the innermost open array; the reply itself counts as an array of one.
    private var remaining = 1
    private let limits: ReplyLimits
    private(set) var refusal: String?

    init(limits: ReplyLimits) {
        self.limits = limits
        open.reserveCapacity(limits.depth + 1)
    }

    mutating func addText(type: Int32, _ bytes: UnsafeRawBufferPointer) -> Bool {
        let kind: RedisValue.Kind
        switch type {
        case REDIS_REPLY_STRING: kind = .string
        case REDIS_REPLY_STATUS: kind = .status
        case REDIS_REPLY_ERROR: kind = .error
        default: return refuse("a type that RESP2 does not have")
        }
        guard bytes.count < limits.bytes - text.count else { return refuse("a reply of more than \(limits.bytes) bytes") }
        let offset = text.count
        text.append(contentsOf: bytes)
        return add(.text(kind, offset: offset, length: bytes.count, at: nodes.count))
    }

    mutating func addInteger(_ value: Int) -> Bool {
        add(.integer(value, at: nodes.count))
    }

    mutating func addNull(type: Int32) -> Bool {
        // RESP2 encodes null as a string or an array of length -1; hiredis 1.x also knows RESP3's own null.
        guard type == REDIS_REPLY_STRING || type == REDIS_REPLY_ARRAY else {
            return refuse("a type that RESP2 does not have")
        }
        return add(.null(at: nodes.count))
    }

    mutating func addArray(type: Int32, count: Int) -> Bool {
        guard type == REDIS_REPLY_ARRAY else { return refuse("a type that RESP2 does not have") }
        guard count <= limits.elementsPerArray else { return refuse("an array of \(count) elements") }
        if count == 0 { return add(.array(count: 0, at: nodes.count)) }
        guard open.count < limits.depth else { return refuse("arrays nested deeper than \(limits.depth)") }
        guard hasRoom() else { return false }
        open.append((nodes.count, remaining - 1))
        nodes.append(.array(count: count, at: nodes.count))
        remaining = count
        return true
    }

    /// The finished reply; nil if hiredis reports an end that the tape does not have.
    mutating func take() -> RedisReply? {
        guard open.isEmpty, remaining == 0 else { return nil }
        let reply = RedisReply(tape: ReplyTape(text: text, nodes: nodes))
        text = []
        nodes = []
        remaining = 1
        return reply
    }

    private mutating func add(_ node: ReplyNode) -> Bool {
        guard hasRoom() else { return false }
        nodes.append(node)
        remaining -= 1
        while remaining == 0, let array = open.popLast() {
            nodes[array.node].next = UInt32(truncatingIfNeeded: nodes.count)
            remaining = array.remaining
        }
        return true
    }

    private mutating func hasRoom() -> Bool {
        guard remaining > 0 else { return refuse("more elements than the array has") }
        return nodes.count < limits.nodes || refuse("a reply of more than \(limits.nodes) values")
    }

    private mutating func refuse(_ reason: String) -> Bool {
        refusal = reason
        return false
    }
}
