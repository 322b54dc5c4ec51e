public import SluiceCore

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// A change that an operator has made or tried, as the log of actions has it.
///
/// The log holds what authors wrote and what jobs are called: text to be escaped where it is shown.
public struct Action: Sendable, Hashable {
    /// The number of things that an action changed.
    public struct Tally: Sendable, Hashable {
        /// Jobs, or other things, that were changed, or asked to stop.
        public var changed: Int
        /// Those that were left as they were: in a state without this change, not there, or changed already.
        public var skipped: Int

        /// Makes a tally.
        public init(changed: Int = 0, skipped: Int = 0) {
            self.changed = changed
            self.skipped = skipped
        }

        /// Counts one thing.
        public mutating func count(_ isChanged: Bool) {
            if isChanged { changed += 1 } else { skipped += 1 }
        }
    }

    /// How an action ended.
    public struct Outcome: Sendable, Hashable {
        /// The time of the end, by the server's clock.
        public var time: Date
        /// What was changed; with an error, until then.
        public var tally: Tally
        /// The error; nil if there was none. The log keeps 500 bytes of it.
        public var error: String?
    }

    /// The position in the log, `ms-n`.
    public var id: String
    /// The time of the start, by the server's clock.
    public var time: Date
    /// Who acted.
    public var author: Operator
    /// What was done.
    public var verb: Verb
    /// The queue; nil for the whole namespace.
    public var queue: QueueName?
    /// What it was done to: ids, a name, or conditions as options of the tool. The log keeps 500 bytes of it.
    public var target: String
    /// The reason that the author gave; may be empty. The log keeps 500 bytes of it.
    public var reason: String
    /// How it ended; nil while it runs, and if its author died or lost Redis before the end was written.
    public var outcome: Outcome?
}

/// A page of the log of actions.
public struct ActionPage: Sendable, Hashable {
    /// The actions, newest first.
    public var actions: [Action]
    /// The cursor of the next page; nil at the end.
    public var next: String?
    /// The server's time, to compute ages with.
    public var time: Date
}
