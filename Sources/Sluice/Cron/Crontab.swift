public import SluiceCore
package import SluiceStore

/// The cron entries of one queue, to change them.
///
/// ```swift
/// try await sluice.crontab(of: "mail").add(Cron("digest", "0 7 * * *", zone: "Europe/Berlin", Digest()))
/// ```
/// A call that failed may be repeated: no call takes effect twice, except ``run(_:)``.
public struct Crontab: Sendable {
    /// The queue that its jobs go to.
    public let queue: QueueName
    private let store: Store
    private let payload: PayloadRules

    /// The effect of adding an entry.
    public enum Change: String, Sendable, Hashable {
        /// The name was new.
        case added
        /// Replaced another entry of this name. The count of its jobs goes on, and a pause stays.
        case changed
        /// The same entry was there already.
        case unchanged
    }

    package init(_ queue: QueueName, _ store: Store, payload: PayloadRules) {
        self.queue = queue
        self.store = store
        self.payload = payload
    }

    /// Adds an entry, or changes the entry of its name. No worker needs to be running.
    /// - Throws: `invalidArgument` if the entry is not valid, or if a worker's code declares an entry of this name;
    ///   `payloadTooLarge`.
    @discardableResult
    public func add(_ cron: Cron) async throws(SluiceError) -> Change {
        switch try await put(cron, deploy: nil) {
        case .added: return .added
        case .changed: return .changed
        case .same, .kept: return .unchanged
        case .declared:
            throw SluiceError(
                .invalidArgument, "cron entry '\(cron.name)' is declared by the code of workers of \(queue): change it there")
        }
    }

    /// Adds or changes an entry; `deploy` is the deploy number of the code that declares it.
    package func put(_ cron: Cron, deploy: Int?) async throws(SluiceError) -> CronPut.Result {
        let entry = try cron.entry(in: queue, payload)
        let now = try await store.call(CronList(cron.name), on: queue).now
        try await store.register(queue)
        return try await store.call(CronPut(cron.name, entry, next: try entry.next(after: now), deploy: deploy), on: queue)
    }

    /// Removes an entry. Jobs that it has enqueued stay. An entry that a worker's code declares comes back when a worker starts.
    /// - Returns: false if there was no such entry.
    /// - Throws: What the call to Redis throws, such as `unreachable`.
    @discardableResult
    public func remove(_ name: String) async throws(SluiceError) -> Bool { try await store.call(CronRemove(name), on: queue) }

    /// Pauses an entry until it is resumed, whatever workers declare. Ticks that pass meanwhile are not caught up on.
    /// - Returns: false if the entry was paused already.
    /// - Throws: `invalidArgument` if there is no such entry.
    @discardableResult
    public func pause(_ name: String, reason: String = "") async throws(SluiceError) -> Bool {
        guard let isNew = try await store.call(CronPause(name, reason: reason), on: queue) else { throw unknown(name) }
        return isNew
    }

    /// Ends a pause. The next tick is the first one from now on.
    /// - Returns: false if the entry was not paused.
    /// - Throws: `invalidArgument` if there is no such entry.
    @discardableResult
    public func resume(_ name: String) async throws(SluiceError) -> Bool {
        while true {
            let (now, item) = try await find(name)
            let next = try CronEntry(decoding: item.text).next(after: now)
            switch try await store.call(CronResume(name, revision: item.revision, next: next), on: queue) {
            case .resumed: return true
            case .running: return false
            case .missing: throw unknown(name)
            case .changed: continue
            }
        }
    }

    /// Enqueues one job of an entry now, regardless of ticks, pause, limit and overlap. Each call enqueues one job.
    /// - Returns: The id of the job.
    /// - Throws: `invalidArgument` if there is no such entry.
    @discardableResult
    public func run(_ name: String) async throws(SluiceError) -> JobID {
        let id = JobID(known: "cron:\(name):\(IDs.next())")
        while true {
            let item = try await find(name).item
            let spec = try CronEntry(decoding: item.text).job
            switch try await store.call(CronRun(name, revision: item.revision, id: id, spec: spec), on: queue) {
            case .added, .exists: return id
            case .missing: throw unknown(name)
            case .changed: continue
            }
        }
    }

    private func find(_ name: String) async throws(SluiceError) -> (now: Int, item: CronList.Item) {
        let reply = try await store.call(CronList(name), on: queue)
        guard let item = reply.items.first else { throw unknown(name) }
        return (reply.now, item)
    }

    private func unknown(_ name: String) -> SluiceError {
        SluiceError(.invalidArgument, "queue \(queue) has no cron entry '\(name.prefix(80))'")
    }
}

extension SluiceClient {
    /// The cron entries of a queue, to change them; nothing is sent.
    public func crontab(of queue: QueueName) -> Crontab { Crontab(queue, store, payload: options.payload) }
}
