public import SluiceCore
import SluiceStore

/// A page of a list of batches.
public struct BatchPage: Sendable, Hashable {
    /// The batches of the page, newest first.
    public var batches: [BatchStatus]
    /// The cursor of the next page; nil at the end.
    public var next: String?
}

/// The state of a batch, its callbacks, and the members that have not ended.
public struct BatchDetails: Sendable, Hashable {
    /// A job that is enqueued when an event fires.
    public struct Callback: Sendable, Hashable {
        /// The progress of a callback.
        public enum State: String, Sendable, Hashable {
            /// The event has not fired; it never will if the batch is finished.
            case waiting
            /// The event has fired; the arrival of the job in its queue is not recorded yet.
            case fired
            /// The job has arrived in its queue.
            case enqueued
        }

        /// The event that enqueues it.
        public var event: BatchEvent
        /// The queue of the job.
        public var queue: String
        /// The kind of the job; nil if it cannot be read.
        public var kind: String?
        /// The id of the job in that queue.
        public var job: JobID
        /// How far the callback has come.
        public var state: State
    }

    /// The state and the counts.
    public var status: BatchStatus
    /// The callbacks, in the order of the events.
    public var callbacks: [Callback]
    /// The batch that this one is a member of, if any.
    public var parent: BatchID?
    /// Some members that have not ended, in order; a batch that is a member is called `batch:ID`.
    public var waiting: [JobID]

    init(_ status: BatchStatus, firing: Set<String>, _ view: ViewBatch.Reply) {
        self.status = status
        callbacks = BatchEvent.allCases.compactMap { event in
            view.callbacks[event.rawValue].map { target in
                let isUnderWay = firing.contains(event.rawValue)
                return Callback(
                    event: event, queue: target.place, kind: target.kind.isEmpty ? nil : target.kind,
                    job: JobID(known: "\(status.id).\(event.rawValue)"),
                    state: isUnderWay ? .fired : status.fired.contains(event) ? .enqueued : .waiting)
            }
        }
        parent = view.callbacks["parent"].map { BatchID(known: $0.place) }
        waiting = view.waiting.sorted { $0.text < $1.text }
    }
}

/// A member of a batch, as a queue has it.
package struct BatchMember: Sendable, Hashable {
    package var queue: QueueName
    package var id: JobID
    /// The name of the kind; empty if it cannot be read.
    package var kind: String
    /// The state; nil for one that this program does not know.
    package var state: JobState?
}
