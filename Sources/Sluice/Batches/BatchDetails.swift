public import SluiceCore
import SluiceStore

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

extension Batch {
    /// The state, the callbacks, and members that have not ended; nil if there is no such batch, or if it finished more than a
    /// day ago.
    /// - Parameter most: how many members to name, 1 to 1,000; if more have not ended, the choice is random.
    /// - Throws: What the call to Redis throws, such as `unreachable`.
    public func details(members most: Int = 100) async throws(SluiceError) -> BatchDetails? {
        let values = try await client.store.call(ReadBatch(), on: id)
        guard let status = BatchStatus(id, values) else { return nil }
        let view = try await client.store.call(ViewBatch(most: min(max(most, 1), 1000)), on: id)
        let firing = Set(values["firing", default: ""].split(separator: " ").map(String.init))
        return BatchDetails(status, firing: firing, view)
    }
}

extension SluiceClient {
    /// The stored batches, newest first.
    ///
    /// An unfinished batch stays stored; a finished one is kept for a day.
    /// - Parameters:
    ///   - state: only batches in this state.
    ///   - most: how many batches to return.
    /// - Throws: What the calls to Redis throw, such as `unreachable`.
    public func batchStatuses(state: BatchStatus.State? = nil, most: Int = 50) async throws(SluiceError) -> [BatchStatus] {
        var found: [BatchStatus] = []
        var gone: [BatchID] = []
        var rank = 0
        while found.count < most {
            let page = try await store.batches(from: rank)
            for id in page where found.count < most {
                if let status = BatchStatus(id, try await store.call(ReadBatch(), on: id)) {
                    if state == nil || status.state == state { found.append(status) }
                } else {
                    gone.append(id)
                }
            }
            rank += page.count
            if page.count < BatchList.page { break }
        }
        // A user with read permission alone still sees the list.
        if !gone.isEmpty { try? await store.note(.gone, Array(gone.prefix(1000))) }
        return found.sorted { ($0.created, $0.id.text) > ($1.created, $1.id.text) }
    }
}
