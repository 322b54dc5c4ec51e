import SluiceCore

/// What a worker knows of a run that has completed, for the history of its queue.
package struct RunFacts: Sendable, Hashable {
    package let kind: String
    /// How long the job had waited when the run started, in ms by the server's clock.
    package let waited: Int

    package init(kind: String, waited: Int) {
        self.kind = kind
        self.waited = waited
    }
}

/// Runs that completed together, counted by kind and wait, as `lua/base/history.lua` reads them.
struct RunTally {
    private struct Entry: Hashable {
        var bucket: Int
        var kind: String
    }

    private var counts: [Entry: Int] = [:]
    /// Runs that follow each other are mostly alike.
    private var last: (facts: RunFacts, entry: Entry, count: Int)?

    mutating func add(_ facts: RunFacts) {
        if let last, last.facts == facts {
            self.last?.count = last.count + 1
            return
        }
        flush()
        let entry = Entry(bucket: DurationBuckets.bucket(of: Double(facts.waited)), kind: facts.kind)
        last = (facts, entry, 1)
    }

    private mutating func flush() {
        if let last { counts[last.entry, default: 0] += last.count }
        last = nil
    }

    /// `BUCKET:KIND n` for each bucket and kind, with blanks between.
    mutating func text() -> String {
        flush()
        return counts.map { "\($0.bucket):\(Self.word($0.kind)) \($1)" }.joined(separator: " ")
    }

    /// A kind as a word without blanks, as `lua/base/kinds.lua` makes it: `*` for a kind that is empty or above 128 bytes.
    static func word(_ kind: String) -> String {
        let bytes = kind.utf8
        if bytes.isEmpty || bytes.count > 128 { return "*" }
        if bytes.allSatisfy({ $0 > 32 && $0 != 127 && $0 != UInt8(ascii: "%") }) { return kind }
        var word: [UInt8] = []
        for byte in bytes {
            if byte <= 32 || byte == 127 || byte == UInt8(ascii: "%") {
                word += "%\(byte < 16 ? "0" : "")\(String(byte, radix: 16, uppercase: true))".utf8
            } else {
                word.append(byte)
            }
        }
        return String(decoding: word, as: UTF8.self)
    }
}
