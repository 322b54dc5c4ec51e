#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// A web hook that is told of a job: `enqueue(job, notify: Notify(url))`.
///
/// It hears at least once of each event that it is told of, in their order, from what Redis has recorded, and never from what a
/// handler believes. Whoever ends the job writes the notification in the same step: a settlement, the reclaim of a dead worker's
/// run, an operator. Workers of the queue ``queue`` deliver.
public struct Notify: Hashable, Sendable {
    /// What may be told.
    public enum Event: String, Hashable, Sendable, CaseIterable {
        /// A run has told how far it has come. Of what has not gone out yet, only the newest is.
        case progress
        /// The job was completed, cancelled, discarded, or deleted before it had ended. One that an operator retries ends again.
        case ended
    }

    /// The queue in which notifications wait to be delivered.
    public static let queue: QueueName = "webhooks"
    /// The kind of the jobs that deliver them.
    public static let kind = "webhook"

    /// Why nobody but the library enqueues such a job: it is sent with a signature.
    package static let refusal = SluiceError(
        .invalidArgument,
        "queue \(queue) takes no job of kind \(kind) from outside, since such jobs are sent with a signature: enqueue the job that is "
            + "to be told of with notify, or take another kind or queue")

    /// Where to: an http or https URL of at most 2,048 printable ASCII characters, without a user.
    public var url: String
    /// What of.
    public var events: Set<Event>

    /// Tells a web hook of some events.
    public init(_ url: URL, on events: Set<Event> = [.ended]) { self.init(url.absoluteString, on: events) }

    /// Tells a web hook, its URL as text, of some events.
    public init(_ url: String, on events: Set<Event> = [.ended]) {
        self.url = url
        self.events = events
    }

    /// The option of a job, as JSON.
    package var json: String {
        let on = Event.allCases.filter(events.contains).map { "\"\($0.rawValue)\"" }
        return "{\"url\":\(JSONText.quoted(url)),\"on\":[\(on.joined(separator: ","))]}"
    }

    /// Refuses what the library would.
    package func check() throws(SluiceError) {
        guard url.utf8.count <= 2048, url.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), let host = Self.authority(of: url),
            !host.contains(where: { $0 == "@" || $0 == "\\" }), !host.hasPrefix(":"), !host.hasPrefix("[]")
        else {
            throw SluiceError(
                .invalidArgument,
                "notify takes an http or https URL of at most 2048 printable ASCII characters, without a user"
            )
        }
        if events.isEmpty { throw SluiceError(.invalidArgument, "notify takes at least one event") }
    }

    /// Host and port as they stand in a URL.
    private static func authority(of url: String) -> Substring? {
        guard let scheme = ["http://", "https://"].first(where: url.hasPrefix) else { return nil }
        let authority = url.dropFirst(scheme.count).prefix { !"/?#".contains($0) }
        return authority.isEmpty ? nil : authority
    }
}
