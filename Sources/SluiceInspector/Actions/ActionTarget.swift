import SluiceCore

/// Texts that tell what an action was done to.
enum ActionTarget {
    /// The first ids, and the number of the others.
    static func text(_ ids: [JobID], _ change: JobChange) -> String {
        // As many as fit, so that the number of the others is not cut off.
        let room = 400
        var shown = ""
        var count = 0
        for id in ids {
            if !shown.isEmpty, shown.utf8.count + id.text.utf8.count > room { break }
            shown += (shown.isEmpty ? "" : " ") + id.text
            count += 1
        }
        let rest = ids.count - count
        return join([text(change), shown, rest > 0 ? "and \(HumanText.number(rest)) more" : ""])
    }

    /// The conditions as options of the tool.
    static func text(_ filter: BulkFilter, _ change: JobChange) -> String {
        var words = [text(change)]
        for state in filter.states ?? [] { words.append("--state \(state.rawValue)") }
        if let kind = filter.kind { words.append("--kind \(quoted(kind))") }
        for (name, value) in filter.partitions.sorted(by: { $0.key < $1.key }) {
            words.append("--partition \(quoted("\(name)=\(value)"))")
        }
        if let error = filter.error { words.append("--error \(quoted(error))") }
        if let age = filter.olderThan { words.append("--older-than \(duration(age))") }
        if let limit = filter.limit { words.append("--limit \(limit)") }
        let text = join(words)
        return text.isEmpty ? "all jobs" : text
    }

    private static func text(_ change: JobChange) -> String {
        switch change.due {
        case nil: ""
        case .now: "--delay 0s"
        case .after(let delay): "--delay \(duration(delay))"
        case .at(let time): "--at \(time.rfc3339)"
        }
    }

    /// A duration in ms, or in seconds where it is whole, as the tool reads it.
    static func duration(_ duration: Duration) -> String {
        let milliseconds = duration.milliseconds
        return milliseconds % 1000 == 0 ? "\(milliseconds / 1000)s" : "\(milliseconds)ms"
    }

    private static func join(_ words: [String]) -> String { words.filter { !$0.isEmpty }.joined(separator: " ") }

    /// A word for a shell, quoted where it needs to be.
    static func quoted(_ word: String) -> String {
        let isPlain = word.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "-_.,:/=@%+".utf8.contains(byte)
            }
        }
        return isPlain && !word.isEmpty ? word : "'" + word.replacing("'", with: "'\\''") + "'"
    }
}
