extension RedisValue {
    /// The rows of an array that is flat on the wire: `width` values each, without an incomplete row at the end.
    package func rows(of width: Int) -> Rows { Rows(of: self, width: width) }

    /// Iterates over rows without allocation.
    package struct Rows: Sequence, IteratorProtocol {
        private var rest: Elements
        private var remaining: Int
        private let width: Int

        init(of array: RedisValue, width: Int) {
            rest = array.elements
            remaining = array.count / width
            self.width = width
        }

        package var underestimatedCount: Int { remaining }

        package mutating func next() -> Row? {
            guard remaining > 0, let first = rest.next() else { return nil }
            remaining -= 1
            for _ in 1..<width { _ = rest.next() }
            return Row(first: first)
        }
    }

    /// One row. A column is found from the first one, since a value may be an array.
    package struct Row: Sendable {
        fileprivate let first: RedisValue

        /// The value of a column, which must be one of the row's.
        package subscript(column: Int) -> RedisValue {
            var index = first.index
            for _ in 0..<column { index = Int(first.tape.nodes[index].next) }
            return RedisValue(tape: first.tape, index: index)
        }
    }
}
