import SluiceCore

/// A position in a list over queues and states: `queue/state/inner/skip`. `inner` is the library's cursor; `skip` counts the jobs
/// of its page that were already listed.
struct JobCursor: Hashable {
    var queue: QueueName
    var state: JobState
    var inner = "0"
    var skip = 0

    var text: String { "\(queue)/\(state.rawValue)/\(inner)/\(skip)" }

    init(queue: QueueName, state: JobState) {
        self.queue = queue
        self.state = state
    }

    /// - Throws: `invalidArgument` for a text that is not a cursor.
    init(_ text: String) throws(SluiceError) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 4, let queue = try? QueueName(parts[0]), let state = JobState(rawValue: parts[1]),
            !parts[2].isEmpty, parts[2].utf8.allSatisfy({ (0x30...0x3A).contains($0) }), let skip = Int(parts[3]), skip >= 0
        else { throw SluiceError(.invalidArgument, "'\(text.prefix(80))' is no cursor of a list of jobs") }
        self.queue = queue
        self.state = state
        self.inner = parts[2]
        self.skip = skip
    }
}
