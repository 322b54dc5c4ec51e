#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// The state of a batch, with its counts.
public struct BatchStatus: Sendable, Hashable {
    /// Its identity.
    public var id: BatchID
    /// Its name.
    public var name: String
    /// When it was opened.
    public var created: Date
    /// When it was sealed; nil while it takes members from outside.
    public var sealed: Date?
    /// When its last member ended; nil before.
    public var finished: Date?
    /// The number of members so far.
    public var total: Int
    /// The number of members that have not ended.
    public var pending: Int
    /// The number of members that completed.
    public var completed: Int
    /// The number of members that were cancelled.
    public var cancelled: Int
    /// The number of members that were discarded.
    public var discarded: Int
    /// The number of members that were deleted.
    public var deleted: Int
    /// The events that have fired.
    public var fired: Set<BatchEvent>

    /// The stage of a batch in its life.
    public enum State: String, Sendable, Hashable, CaseIterable {
        /// It takes members from outside, and cannot complete before it is sealed.
        case open
        /// It is sealed, and some of its members have not ended.
        case sealed
        /// It is sealed and all members have ended; it is kept for a day.
        case finished
    }

    /// Its stage, from the times above.
    public var state: State { finished != nil ? .finished : sealed != nil ? .sealed : .open }

    /// The number of members that were cancelled, discarded or deleted.
    public var failed: Int { cancelled + discarded + deleted }

    /// Reads the stored values; nil if there is no such batch.
    package init?(_ id: BatchID, _ values: [String: String]) {
        func date(_ name: String) -> Date? {
            values[name].flatMap { Double($0) }.map { Date(timeIntervalSince1970: $0 / 1000) }
        }
        func count(_ name: String) -> Int { values[name].flatMap { Int($0) } ?? 0 }
        guard let created = date("created") else { return nil }
        self.id = id
        name = values["name"] ?? ""
        self.created = created
        sealed = date("sealed")
        finished = date("finished")
        pending = finished == nil ? count("pending") : 0
        total = finished == nil ? count("total") : count("members")
        completed = count("completed")
        cancelled = count("cancelled")
        discarded = count("discarded")
        deleted = count("deleted")
        fired = Set(BatchEvent.allCases.filter { values["fired:" + $0.rawValue] != nil })
    }
}
