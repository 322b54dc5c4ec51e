import SluiceCore

/// A step that a job does once over all its runs, as its handler asked for with `once`.
public struct JobStep: Sendable, Hashable {
    /// Its name among the steps of the job.
    public var name: String
    /// What stands for it towards the receiver: the idempotency key.
    public var token: String
    /// What it came to, as JSON text, without what is not to be shown; nil for one that has begun and is not known to have ended.
    public var result: String?
}

extension JobStep {
    /// Reads the column of a job: for each step `name token size result`, the size `-` for one that has not ended, and a line feed.
    static func list(_ column: String, shown: (_ name: String, _ result: String) -> String) -> [JobStep] {
        var steps: [JobStep] = []
        var rest = Array(column.utf8)[...]
        while !rest.isEmpty {
            let words = rest.split(separator: UInt8(ascii: " "), maxSplits: 3, omittingEmptySubsequences: false)
            guard words.count == 4 else { return steps }
            let size = Int(String(decoding: words[2], as: UTF8.self))
            guard size ?? 0 <= words[3].count else { return steps }
            let name = String(decoding: words[0], as: UTF8.self)
            let result = size.map { shown(name, String(decoding: words[3].prefix($0), as: UTF8.self)) }
            steps.append(JobStep(name: name, token: String(decoding: words[1], as: UTF8.self), result: result))
            rest = words[3].dropFirst((size ?? 0) + 1)
        }
        return steps
    }

    var json: JSONValue {
        [
            "name": .string(name), "token": .string(token), "ended": .bool(result != nil),
            "result": result.map { JSONValue(text: Array($0.utf8)) } ?? .null,
        ]
    }
}
