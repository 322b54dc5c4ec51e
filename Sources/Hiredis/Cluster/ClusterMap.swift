/// Which node serves which slot.
struct ClusterMap: Sendable {
    /// The owner of a slot that no node serves.
    static let nobody = UInt16.max

    private(set) var nodes: [ClusterNode]
    /// For each slot the index of its node.
    private(set) var owners: [UInt16]
    /// The slots without a node, in order.
    private(set) var uncovered: [ClosedRange<Int>]

    init(nodes: [ClusterNode]) {
        self.nodes = Array(nodes.prefix(Int(Self.nobody)))
        owners = Array(repeating: Self.nobody, count: HashSlot.count)
        for (index, node) in self.nodes.enumerated() where node.role == .primary {
            for range in node.slots { for slot in range { owners[slot] = UInt16(index) } }
        }
        uncovered = Self.ranges(of: owners, Self.nobody)
    }

    func owner(of slot: Int) -> ClusterNode? {
        let index = owners[slot]
        return index == Self.nobody ? nil : nodes[Int(index)]
    }

    /// The primaries that serve, or could: those without slots that are alive are among them.
    var primaries: [ClusterNode] {
        nodes.filter { $0.role == .primary && (!$0.slots.isEmpty || $0.health == .online) }
    }

    func node(at endpoint: RedisEndpoint) -> ClusterNode? {
        nodes.first { $0.endpoint == endpoint || $0.aliases.contains(endpoint) }
    }

    /// Notes what a redirect says: the slot is at `endpoint`, which may be a node that the map did not have.
    /// - Returns: Whether that is news. Of many calls in flight when a slot moves, only the first brings any.
    @discardableResult
    mutating func move(_ slot: Int, to endpoint: RedisEndpoint) -> Bool {
        var index = nodes.firstIndex { $0.endpoint == endpoint || $0.aliases.contains(endpoint) }
        if index == nil, nodes.count < Int(Self.nobody) {
            nodes.append(ClusterNode(id: "", endpoint: endpoint, role: .primary))
            index = nodes.count - 1
        }
        guard let index else { return false }
        let before = owners[slot]
        if Int(before) == index, nodes[index].role == .primary { return false }
        owners[slot] = UInt16(index)
        nodes[index].role = .primary
        nodes[index].primaryID = nil
        nodes[index].slots = Self.ranges(of: owners, UInt16(index))
        if before == Self.nobody {
            uncovered = Self.ranges(of: owners, Self.nobody)
        } else if Int(before) != index {
            nodes[Int(before)].slots = Self.ranges(of: owners, before)
        }
        return true
    }

    private static func ranges(of owners: [UInt16], _ index: UInt16) -> [ClosedRange<Int>] {
        var ranges: [ClosedRange<Int>] = []
        for (slot, owner) in owners.enumerated() where owner == index {
            if let last = ranges.last, last.upperBound == slot - 1 {
                ranges[ranges.count - 1] = last.lowerBound...slot
            } else {
                ranges.append(slot...slot)
            }
        }
        return ranges
    }
}
