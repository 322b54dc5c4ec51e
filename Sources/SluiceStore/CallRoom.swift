/// The room that is left in one call.
package struct CallRoom: Sendable {
    /// Bytes of one call. A larger one would make other clients wait.
    package static let mostBytes = 4 << 20

    private var items: Int
    private var bytes: Int
    private var extras: Int
    private var isEmpty = true

    /// The room of an empty call: for that many items, bytes, and things that items bring along, such as edges.
    package init(items: Int, bytes: Int = Self.mostBytes, extras: Int = .max) {
        self.items = items
        self.bytes = bytes
        self.extras = extras
    }

    /// Whether an item fits, which then takes its room. The first one always does: no call has more room.
    package mutating func takes(items: Int = 1, bytes: Int = 0, extras: Int = 0) -> Bool {
        guard isEmpty || (items <= self.items && bytes <= self.bytes && extras <= self.extras) else { return false }
        isEmpty = false
        self.items -= items
        self.bytes -= bytes
        self.extras -= extras
        return true
    }
}

extension Array {
    /// The elements in order, in pages that each fit into one call. `takes` is whether an element fits into the given room.
    package func pages(in room: CallRoom, _ takes: (inout CallRoom, Element) -> Bool) -> [[Element]] {
        var pages: [[Element]] = []
        var rest = self[...]
        while !rest.isEmpty {
            var left = room
            let page = rest.prefix { takes(&left, $0) }
            pages.append(Array(page))
            rest = rest.dropFirst(Swift.max(page.count, 1))
        }
        return pages
    }

    /// The elements in order, in pages of that many.
    package func pages(of count: Int) -> [[Element]] {
        stride(from: 0, to: self.count, by: count).map { Array(self[$0..<Swift.min($0 + count, self.count)]) }
    }
}
