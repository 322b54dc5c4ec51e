import SluiceInspector

/// Counts how often jobs come to an end, and leave it, from the stream of transitions.
actor EndCounter {
    private(set) var ends: [String: Int] = [:]
    private(set) var revived: [String] = []

    /// Until it is cancelled.
    func count(_ transitions: Transitions) async {
        var iterator = transitions.makeAsyncIterator()
        while let transition = try? await iterator.next() { take(transition) }
    }

    private func take(_ transition: Transition) {
        if let to = transition.to, to.isEnded {
            for id in transition.ids { ends[id.text, default: 0] += 1 }
        }
        // Nothing is removed here but by what retention allows.
        if let from = transition.from, from.isEnded, transition.to != nil { revived += transition.ids.map(\.text) }
    }
}
