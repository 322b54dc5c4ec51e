public import SluiceCore
import SluiceStore

/// How a batch stands, what it tells, and for whom it waits.
public struct BatchDetails: Sendable, Hashable {
    /// A job that is enqueued when an event fires.
    public struct Callback: Sendable, Hashable {
        /// How far it has come.
        public enum State: String, Sendable, Hashable {
            /// The event has not fired; if the batch is finished, it never will.
            case waiting
            /// It has fired; that the job has arrived in its queue is not noted yet.
            case fired
            /// The job has been brought to its queue.
            case enqueued
        }

        /// When it is enqueued.
        public var event: BatchEvent
        /// Its queue.
        public var queue: String
        /// Its kind, if it has one that can be read.
        public var kind: String?
        /// Its id there.
        public var job: JobID
        /// How far it has come.
        public var state: State
    }

    /// In numbers.
    public var status: BatchStatus
    /// What it tells, in the order of the events.
    public var callbacks: [Callback]
    /// The batch that it is a member of.
    public var parent: BatchID?
    /// Some of its members that have not ended, in order; a batch that is a member is called `batch:ID`.
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
    /// How it stands, what it tells, and for whom it waits; nil if there is no such batch, or it finished more than a day ago.
    /// - Parameter most: members that are named, 1 to 1,000; if more have not ended, which of them is chance.
    public func details(members most: Int = 100) async throws(SluiceError) -> BatchDetails? {
        let values = try await client.store.call(ReadBatch(), on: id)
        guard let status = BatchStatus(id, values) else { return nil }
        let view = try await client.store.call(ViewBatch(most: min(max(most, 1), 1000)), on: id)
        let firing = Set(values["firing", default: ""].split(separator: " ").map(String.init))
        return BatchDetails(status, firing: firing, view)
    }
}

extension SluiceClient {
    /// How the batches that are kept stand, the newest first.
    ///
    /// Unfinished ones are kept for as long as they are not finished, finished ones for a day.
    /// - Parameters:
    ///   - state: only those in this state.
    ///   - most: how many are told.
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
        // Who may only look is shown them all the same.
        if !gone.isEmpty { try? await store.note(.gone, Array(gone.prefix(1000))) }
        return found.sorted { ($0.created, $0.id.text) > ($1.created, $1.id.text) }
    }
}
