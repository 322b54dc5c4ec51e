import Hiredis

/// Keys by slot, for calls whose keys must share one.
struct SlotGroups {
    /// For each slot the positions of its keys, in the order asked; the slots in the order of their first keys.
    private(set) var positions: [[Int]] = []
    private let count: Int

    init(_ keys: [String]) {
        count = keys.count
        var places: [Int: Int] = [:]
        for (position, key) in keys.enumerated() {
            let place = places[HashSlot.of(key), default: positions.count]
            if place == positions.count { positions.append([]) }
            places[HashSlot.of(key)] = place
            positions[place].append(position)
        }
    }

    /// The elements of the groups' replies, in the order of the keys; nil if a reply has too few or too many.
    func joined<Element>(_ parts: [[Element]]) -> [Element]? {
        guard parts.map(\.count) == positions.map(\.count) else { return nil }
        var all: [Element?] = Array(repeating: nil, count: count)
        for (positions, part) in zip(positions, parts) {
            for (position, element) in zip(positions, part) { all[position] = element }
        }
        return all.compactMap(\.self)
    }
}
