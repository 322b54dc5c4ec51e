import HTTPTypes
import SluiceCore
import SluiceInspector

/// The filter of a list of jobs, as the address of the page carries it. The names and values are those of the tool's options.
struct JobQuery: Sendable, Hashable {
    var queue: QueueName?
    var states: [JobState] = []
    var kind: String?
    var partitions: [String: String] = [:]
    var error: String?
    /// The least age, as it was written.
    var olderThan: String?
    private var age: Duration?

    /// Reads the filter of an address or of a form.
    /// - Throws: ``WebError`` for a value that makes no sense.
    init(_ form: Form) throws {
        if let text = form["queue"] {
            do throws(SluiceError) {
                queue = try QueueName(text)
            } catch {
                throw WebError(.badRequest, "This is not the name of a queue", error.message)
            }
        }
        for text in form.all("state") {
            guard let state = JobState(rawValue: text) else {
                throw WebError(
                    .badRequest, "There is no such state",
                    "'\(text.prefix(40))' is not a state. The states are \(JobState.listed.map(\.rawValue).joined(separator: ", "))."
                )
            }
            if !states.contains(state) { states.append(state) }
        }
        kind = form["kind"].map { String($0.prefix(200)) }
        for text in form.all("partition") {
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, partitions.updateValue(parts[1], forKey: parts[0]) == nil else {
                throw WebError(
                    .badRequest, "This is not a partition", "A partition is written name=value. Each name may occur once.")
            }
        }
        error = form["error"].map { String($0.prefix(200)) }
        if let text = form["older-than"] {
            do throws(SluiceError) {
                age = try DurationText.parse(text)
            } catch {
                throw WebError(.badRequest, "This is not a duration", error.message)
            }
            olderThan = text
        }
    }

    /// Whether the conditions are those of a list. A list by partition, error or age would have to look at every job, so these
    /// conditions only count and change jobs.
    var isForList: Bool { partitions.isEmpty && error == nil && olderThan == nil }

    /// Whether any job is excluded.
    var isNarrow: Bool { !states.isEmpty || kind != nil || !isForList }

    var fields: [(String, String)] {
        var fields: [(String, String)] = []
        if let queue { fields.append(("queue", queue.text)) }
        fields += states.map { ("state", $0.rawValue) }
        if let kind { fields.append(("kind", kind)) }
        fields += partitions.sorted { $0.key < $1.key }.map { ("partition", "\($0.key)=\($0.value)") }
        if let error { fields.append(("error", error)) }
        if let olderThan { fields.append(("older-than", olderThan)) }
        return fields
    }

    /// The options of the tool that select the same jobs.
    var options: String {
        fields.map { " --\($0.0) \(Self.quoted($0.1))" }.joined()
    }

    var filter: BulkFilter {
        BulkFilter(
            states: states.isEmpty ? nil : states, kind: kind, partitions: partitions, error: error, olderThan: age)
    }

    /// The text as one word of a shell.
    static func quoted(_ text: String) -> String {
        let isPlain =
            !text.isEmpty
            && text.utf8.allSatisfy { byte in
                let character = Character(Unicode.Scalar(byte))
                return character.isASCII && (character.isLetter || character.isNumber || "-_.:/=@".contains(character))
            }
        return isPlain ? text : "'" + text.replacing("'", with: "'\\''") + "'"
    }
}
