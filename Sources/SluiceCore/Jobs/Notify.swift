#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// A webhook for the events of a job: `enqueue(job) { $0.notify = Notify(url) }`.
///
/// Each subscribed event is delivered at least once, in order, from what Redis has recorded and never from what a handler believes.
/// The call that ends the job writes the notification in the same step, be it a settlement, the reclaim of a dead worker's run or
/// an operator's call. Workers of the queue ``queue`` deliver it.
public struct Notify: Hashable, Sendable {
    /// An event of a job.
    public enum Event: String, Hashable, Sendable, CaseIterable {
        /// A run has reported progress. Of the reports that are not yet sent, only the newest is.
        case progress
        /// The job was completed, cancelled or discarded, or deleted before its end. A job that an operator retries ends again.
        case ended
        /// The job was cancelled or discarded, or deleted before its end. It is delivered as ``ended``; a webhook for both gets one
        /// notification.
        case failed
    }

    /// The queue of the notifications.
    public static let queue: QueueName = "webhooks"
    /// The kind of the jobs that deliver notifications.
    public static let kind = "webhook"

    /// The error for a user's job of this kind. Only the library may enqueue one, since it is sent with a signature.
    package static let refusal = SluiceError(
        .invalidArgument,
        "queue \(queue) takes no job of kind \(kind) from outside, since such jobs are sent with a signature: enqueue the job that is "
            + "to be told of with notify, or take another kind or queue")

    /// The target: an http or https URL of at most 2,048 printable ASCII characters, without a user. Enqueueing throws
    /// `invalidArgument` for any other.
    public var url: String
    /// The events to deliver. Enqueueing throws `invalidArgument` if there are none.
    public var events: Set<Event>

    /// Makes a webhook for some events, by default only the end of the job.
    public init(_ url: URL, on events: Set<Event> = [.ended]) { self.init(url.absoluteString, on: events) }

    /// Makes a webhook for some events from a URL as text, by default only for the end of the job.
    public init(_ url: String, on events: Set<Event> = [.ended]) {
        self.url = url
        self.events = events
    }

    /// The job option as JSON.
    package var json: String {
        let on = Event.allCases.filter(events.contains).map { "\"\($0.rawValue)\"" }
        return "{\"url\":\(JSONText.quoted(url)),\"on\":[\(on.joined(separator: ","))]}"
    }

    /// Checks the webhook as the function library does.
    /// - Throws: `invalidArgument` for a URL that is not valid, and without events.
    package func check() throws(SluiceError) {
        guard url.utf8.count <= 2048, url.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), let host = Self.authority(of: url),
            !host.contains(where: { $0 == "@" || $0 == "\\" }), !host.hasPrefix(":"), !host.hasPrefix("[]")
        else {
            throw SluiceError(
                .invalidArgument,
                "a web hook is an http or https URL of at most 2048 printable ASCII characters, without a user"
            )
        }
        if events.isEmpty { throw SluiceError(.invalidArgument, "notify takes at least one event") }
    }

    /// Host and port of a URL.
    private static func authority(of url: String) -> Substring? {
        guard let scheme = ["http://", "https://"].first(where: url.hasPrefix) else { return nil }
        let authority = url.dropFirst(scheme.count).prefix { !"/?#".contains($0) }
        return authority.isEmpty ? nil : authority
    }
}
