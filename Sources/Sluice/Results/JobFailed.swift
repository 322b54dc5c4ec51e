public import SluiceCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A job whose result was waited for has ended otherwise than completed.
public struct JobFailed: Error, Sendable, Hashable, CustomStringConvertible {
    /// The job.
    public var id: JobID
    /// The queue it is in.
    public var queue: QueueName
    /// Cancelled or discarded.
    public var state: JobState
    /// What went wrong last, in words; empty if nobody said.
    public var reason: String

    /// Reads the last line of the job's history.
    init(_ job: Enqueued, _ state: JobState, line: [UInt8]) {
        id = job.id
        queue = job.queue
        self.state = state
        reason = (try? JSONDecoder().decode(Line.self, from: Data(line)))?.error.message ?? ""
    }

    /// One line for people.
    public var description: String { "the job \(id) was \(state.rawValue)" + (reason.isEmpty ? "" : ": \(reason)") }

    private struct Line: Decodable { var error: Message }

    /// A text, or an object with one.
    private struct Message: Decodable {
        var message: String

        init(from decoder: any Decoder) throws {
            if let text = try? decoder.singleValueContainer().decode(String.self) {
                message = text
            } else {
                message = try decoder.container(keyedBy: Key.self).decode(String.self, forKey: .message)
            }
        }

        private enum Key: String, CodingKey { case message }
    }
}
