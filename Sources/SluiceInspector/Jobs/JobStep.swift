import SluiceCore

/// A step that a job runs once over all its runs, made with `once` in the handler.
public struct JobStep: Sendable, Hashable {
    /// The name of the step, unique in the job.
    public var name: String
    /// The idempotency key that receivers see.
    public var token: String
    /// The step's result as JSON text, redacted; nil if the step began and is not known to have ended.
    public var result: String?
}

extension JobStep {
    /// Parses the column of a job. Each step is `name token size result` and a line feed; the size is `-` if the step has not
    /// ended.
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
