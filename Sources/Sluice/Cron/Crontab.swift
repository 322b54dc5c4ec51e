public import SluiceCore
package import SluiceStore

/// What recurs in one queue: looked at and changed.
///
/// ```swift
/// try await sluice.crontab(of: "mail").add(Cron("digest", "0 7 * * *", zone: "Europe/Berlin", Digest()))
/// ```
/// A call that failed may be repeated: none does anything twice, but for ``run(_:)``.
public struct Crontab: Sendable {
    /// The queue that its jobs go to.
    public let queue: QueueName
    private let store: Store
    private let payload: PayloadRules

    /// What became of an entry that was added.
    public enum Change: String, Sendable, Hashable {
        /// There was none of this name.
        case added
        /// There was another one. Its runs go on being counted, and a pause stays.
        case changed
        /// It was there just so.
        case unchanged
    }

    package init(_ queue: QueueName, _ store: Store, payload: PayloadRules) {
        self.queue = queue
        self.store = store
        self.payload = payload
    }

    /// Adds an entry, or changes the one of its name. It needs no worker to be there.
    /// - Throws: `invalidArgument` for what makes no sense, and if a worker's code declares an entry of this name.
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

    /// Adds or changes an entry; `deploy` is that of the code which declares it.
    package func put(_ cron: Cron, deploy: Int?) async throws(SluiceError) -> CronPut.Result {
        let entry = try cron.entry(in: queue, payload)
        let now = try await store.call(CronList(cron.name), on: queue).now
        try await store.register(queue)
        return try await store.call(CronPut(cron.name, entry, next: try entry.next(after: now), deploy: deploy), on: queue)
    }

    /// All entries, by name.
    public func list() async throws(SluiceError) -> [CronStatus] {
        let reply = try await store.call(CronList(), on: queue)
        let workers = reply.items.contains(where: \.isOfCode) ? try await store.call(ListWorkers(), on: queue) : []
        let declared = CronNames.declared(by: workers)
        var list: [CronStatus] = []
        for item in reply.items {
            list.append(try CronStatus(item, queue: queue, now: reply.now, declared: declared, keys: payload.keys))
        }
        return list
    }

    /// Whether there is an entry of a name.
    package func has(_ name: String) async throws(SluiceError) -> Bool {
        try await !store.call(CronList(name), on: queue).items.isEmpty
    }

    /// Removes an entry. Jobs that it has enqueued stay. One that a worker's code declares comes back when a worker starts.
    /// - Returns: false if there was none.
    @discardableResult
    public func remove(_ name: String) async throws(SluiceError) -> Bool { try await store.call(CronRemove(name), on: queue) }

    /// Lets nothing fire until it is resumed, whatever workers declare. Ticks that pass meanwhile are not made up for.
    /// - Returns: false if it was paused already.
    /// - Throws: `invalidArgument` if there is no such entry.
    @discardableResult
    public func pause(_ name: String, reason: String = "") async throws(SluiceError) -> Bool {
        guard let isNew = try await store.call(CronPause(name, reason: reason), on: queue) else { throw unknown(name) }
        return isNew
    }

    /// Ends a pause: the next tick is the first from now on.
    /// - Returns: false if it was not paused.
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

    /// Enqueues one job of an entry now, whatever its ticks, a pause, its limit and what overlaps. Each call enqueues one.
    /// - Returns: its id.
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

    /// What became of the last ticks of an entry, the newest first; the last hundred are kept.
    /// - Throws: `invalidArgument` if there is no such entry.
    public func history(of name: String, limit: Int = 100) async throws(SluiceError) -> [CronTick] {
        _ = try await find(name)
        return try await store.call(CronHistory(name, count: min(max(limit, 1), CronHistory.most)), on: queue)
            .compactMap(CronTick.init(line:))
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
    /// What recurs in a queue.
    public func crontab(of queue: QueueName) -> Crontab { Crontab(queue, store, payload: options.payload) }
}
