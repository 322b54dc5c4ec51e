public import SluiceCore

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// What a web hook is told: the body of a request, as it was signed.
public struct WebhookEvent: Sendable, Decodable {
    /// How far a run had come.
    public struct Progress: Sendable, Hashable, Decodable {
        /// 0 to 1.
        public var fraction: Double
        /// A word for people.
        public var note: String
    }

    /// The key by which a repeated notification is known: `job:version`, or for a very long id a digest of that.
    public var id: String
    /// What happened; nil for what this version does not know.
    public var event: Notify.Event?
    /// The job.
    public var job: String
    /// Its queue.
    public var queue: String
    /// Its kind.
    public var kind: String
    /// The state that it had come to: `executing`, `completed`, `cancelled`, `discarded`, or `deleted`.
    public var state: String
    /// Rises with each notification of the job. One that is not above the last one seen is old, or a repetition.
    public var version: Int
    /// When, by the server's clock.
    public var time: Date
    /// How far its last run had come, if it told.
    public var progress: Progress?
    /// The error that it ended with.
    public var error: String?
    /// Why there is no result though the job kept one: `sealed`, it is encrypted, or `large`, it is above 64 KiB.
    public var resultOmitted: String?

    private var body: [UInt8] = []

    private enum CodingKeys: String, CodingKey {
        case id, event, job, queue, kind, state, version, time, progress, error
        case resultOmitted = "result_omitted"
    }

    private struct Output<Value: Decodable>: Decodable { var result: Value }

    /// Reads a body; nil if it is none.
    init?(_ body: [UInt8]) {
        guard let event = try? JSONDecoder().decode(WebhookEvent.self, from: Data(body)) else { return nil }
        self = event
        self.body = body
    }

    /// Reads one from whatever holds it, without its result.
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

    /// The result of a job that completed.
    /// - Throws: a `DecodingError` if it keeps none, or one of another type.
    public func result<Value: Decodable>(as type: Value.Type) throws -> Value {
        try JSONDecoder().decode(Output<Value>.self, from: Data(body)).result
    }
}
