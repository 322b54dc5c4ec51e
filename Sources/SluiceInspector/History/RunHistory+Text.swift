extension RunHistory {
    /// Reads `OUTCOMES|DURATIONS|WAITS`, as `lua/base/packed.lua` writes them. What makes no sense is left out.
    package init(packed text: String) {
        self.init()
        let parts = text.split(separator: "|", omittingEmptySubsequences: false)
        guard parts.count == 3 else { return }
        for word in parts[0].split(separator: " ") {
            guard let outcome = word.first.flatMap(RunOutcome.init(letter:)), let count = Int(word.dropFirst()) else { continue }
            outcomes[outcome, default: 0] += count
        }
        durations = DurationHistogram(packed: parts[1])
        waits = DurationHistogram(packed: parts[2])
    }
}

extension RunOutcome {
    fileprivate init?(letter: Character) {
        switch letter {
        case "c": self = .completed
        case "r": self = .retried
        case "d": self = .discarded
        case "x": self = .cancelled
        case "z": self = .snoozed
        case "u": self = .unavailable
        case "l": self = .lost
        default: return nil
        }
    }
}

extension DurationHistogram {
    /// Reads runs of counts, each `BUCKET:N,N,…` for consecutive buckets.
    fileprivate init(packed text: Substring) {
        self.init()
        for part in text.split(separator: " ") {
            let halves = part.split(separator: ":", maxSplits: 1)
            guard halves.count == 2, let first = Int(halves[0]), (0...DurationBuckets.last).contains(first) else { continue }
            for (offset, count) in halves[1].split(separator: ",").enumerated() {
                add(Int(count) ?? 0, inBucket: first + offset)
            }
        }
    }
}
