extension RedisValue {
    /// The number of elements of an array; 0 for any other kind.
    package var count: Int {
        let node = node
        return node.kind == .array ? node.payload : 0
    }

    /// The element at a position; a null if there is none.
    ///
    /// O(1) in an array without nested arrays, else O(position): to visit all elements, iterate.
    package subscript(position: Int) -> RedisValue {
        let node = node
        guard node.kind == .array, position >= 0, position < node.payload else { return .null }
        if Int(node.next) == index + 1 + node.payload {
            return RedisValue(tape: tape, index: index + 1 + position)
        }
        var element = index + 1
        for _ in 0..<position {
            element = Int(tape.nodes[element].next)
        }
        return RedisValue(tape: tape, index: element)
    }

    /// The elements of an array; none for any other kind.
    package var elements: Elements { Elements(of: self) }

    /// The pairs of an array of key, value, key, value…; the last of equal keys wins, and keys without text are skipped.
    package var dictionary: [String: RedisValue] {
        var pairs: [String: RedisValue] = [:]
        pairs.reserveCapacity(count / 2)
        var rest = elements
        while let key = rest.next(), let value = rest.next() {
            guard let key = key.string else { continue }
            pairs[key] = value
        }
        return pairs
    }

    /// Iterates over an array's elements, from one sibling to the next.
    package struct Elements: Sequence, IteratorProtocol {
        private let tape: ReplyTape
        private var index: Int
        private var remaining: Int

        init(of array: RedisValue) {
            tape = array.tape
            index = array.index + 1
            remaining = array.count
        }

        package var underestimatedCount: Int { remaining }

        package mutating func next() -> RedisValue? {
            guard remaining > 0 else { return nil }
            remaining -= 1
            let element = RedisValue(tape: tape, index: index)
            index = Int(tape.nodes[index].next)
            return element
        }
    }
}
