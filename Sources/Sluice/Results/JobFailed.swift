public import SluiceCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Thrown by a wait for a result when the job was cancelled or discarded.
public struct JobFailed: Error, Sendable, Hashable, CustomStringConvertible {
    /// The id of the job.
    public var id: JobID
    /// The queue of the job.
    public var queue: QueueName
    /// The state of the job: cancelled or discarded.
    public var state: JobState
    /// The last error, as text; empty if none was given.
    public var reason: String

    /// Reads the last line of the job's history.
    init(_ job: JobHandle, _ state: JobState, line: [UInt8]) {
        id = job.id
        queue = job.queue
        self.state = state
        reason = (try? JSONDecoder().decode(Line.self, from: Data(line)))?.error.message ?? ""
    }

    /// A one-line text for people.
    public var description: String { "the job \(id) was \(state.rawValue)" + (reason.isEmpty ? "" : ": \(reason)") }

    private struct Line: Decodable { var error: Message }

    /// An error as JSON: a string, or an object with a message.
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
