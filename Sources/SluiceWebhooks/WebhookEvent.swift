public import SluiceCore

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// The event that a web hook receives: the signed body of a request.
public struct WebhookEvent: Sendable, Decodable {
    /// The progress that a run reported.
    public struct Progress: Sendable, Hashable, Decodable {
        /// The completed fraction, 0 to 1.
        public var fraction: Double
        /// A short text for people.
        public var note: String
    }

    /// Identifies the notification; a repetition has the same id. `job:version`, or a digest of that for a very long job id.
    public var id: String
    /// The event; nil for an event that this version does not know.
    public var event: Notify.Event?
    /// The id of the job.
    public var job: String
    /// The queue of the job.
    public var queue: String
    /// The kind of the job.
    public var kind: String
    /// The state of the job after the event: `executing`, `completed`, `cancelled`, `discarded`, or `deleted`.
    public var state: String
    /// Increases with each notification of a job. A version not above the last one seen is old or a repetition.
    public var version: Int
    /// The time of the event, by the server's clock.
    public var time: Date
    /// The progress of the last run, if it reported any.
    public var progress: Progress?
    /// The error that the job ended with.
    public var error: String?
    /// Why the event has no result although the job kept one: `sealed` if it is encrypted, `large` if it is above 64 KiB.
    public var resultOmitted: String?

    private var body: [UInt8] = []

    private enum CodingKeys: String, CodingKey {
        case id, event, job, queue, kind, state, version, time, progress, error
        case resultOmitted = "result_omitted"
    }

    private struct Output<Value: Decodable>: Decodable { var result: Value }

    /// Parses a body; nil if it is not an event.
    init?(_ body: [UInt8]) {
        guard let event = try? JSONDecoder().decode(WebhookEvent.self, from: Data(body)) else { return nil }
        self = event
        self.body = body
    }

    /// Decodes an event without its result.
    /// - Throws: a `DecodingError` if a field is missing or has another type.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        id = try values.decode(String.self, forKey: .id)
        event = Notify.Event(rawValue: try values.decode(String.self, forKey: .event))
        job = try values.decode(String.self, forKey: .job)
        queue = try values.decode(String.self, forKey: .queue)
        kind = try values.decode(String.self, forKey: .kind)
        state = try values.decode(String.self, forKey: .state)
        version = try values.decode(Int.self, forKey: .version)
        time = Date(timeIntervalSince1970: try values.decode(Double.self, forKey: .time) / 1000)
        progress = try values.decodeIfPresent(Progress.self, forKey: .progress)
        error = try values.decodeIfPresent(String.self, forKey: .error)
        resultOmitted = try values.decodeIfPresent(String.self, forKey: .resultOmitted)
    }

    /// Decodes the result of a completed job.
    /// - Throws: a `DecodingError` if the event has no result, or one of another type.
    public func result<Value: Decodable>(as type: Value.Type) throws -> Value {
        try JSONDecoder().decode(Output<Value>.self, from: Data(body)).result
    }
}
