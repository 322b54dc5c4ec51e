extension LayeredGraph {
    /// Orders the layers so that few edges cross: each vertex goes to the median of its neighbours, layer by layer, to the right and
    /// back (Eades and Wormald, 1994). The best order of all rounds stays.
    mutating func reduceCrossings(rounds: Int = 8) {
        var place = places
        var best = layers
        var fewest = crossings(place)
        for round in 0..<rounds where fewest > 0 {
            let isRightward = round.isMultiple(of: 2)
            let order = isRightward ? Array(layers.indices) : layers.indices.reversed()
            for index in order { sort(index, isRightward ? before : after, &place) }
            let count = crossings(place)
            if count < fewest { (fewest, best) = (count, layers) }
        }
        for index in best.indices { setOrder(best[index], of: index) }
    }

    /// The place of each vertex within its layer.
    private var places: [Int] {
        var place = Array(repeating: 0, count: layer.count)
        for layer in layers {
            for (index, vertex) in layer.enumerated() { place[vertex] = index }
        }
        return place
    }

    private mutating func sort(_ index: Int, _ neighbours: [[Int]], _ place: inout [Int]) {
        let keyed = layers[index].map { vertex -> (key: Double, vertex: Int) in
            (Self.median(neighbours[vertex].map { place[$0] }.sorted()) ?? Double(place[vertex]), vertex)
        }
        // The sort is stable by the places before, so that the same graph always looks the same.
        let sorted = keyed.sorted { ($0.key, place[$0.vertex]) < ($1.key, place[$1.vertex]) }.map(\.vertex)
        setOrder(sorted, of: index)
        for (position, vertex) in sorted.enumerated() { place[vertex] = position }
    }

    private static func median(_ values: [Int]) -> Double? {
        if values.isEmpty { return nil }
        let middle = values.count / 2
        return values.count.isMultiple(of: 2) ? Double(values[middle - 1] + values[middle]) / 2 : Double(values[middle])
    }

    /// The number of pairs of edges that cross, counted as inversions with a binary indexed tree (Barth, Jünger and Mutzel, 2002).
    func crossings() -> Int { crossings(places) }

    private func crossings(_ place: [Int]) -> Int {
        var count = 0
        for (left, right) in zip(layers, layers.dropFirst()) {
            var tree = Array(repeating: 0, count: right.count + 1)
            var added = 0
            for vertex in left {
                let ends = after[vertex].map { place[$0] }
                for end in ends {
                    var (index, lower) = (end + 1, 0)
                    while index > 0 {
                        lower += tree[index]
                        index -= index & -index
                    }
                    count += added - lower
                }
                for end in ends {
                    var index = end + 1
                    while index < tree.count {
                        tree[index] += 1
                        index += index & -index
                    }
                }
                added += ends.count
            }
        }
        return count
    }
}
