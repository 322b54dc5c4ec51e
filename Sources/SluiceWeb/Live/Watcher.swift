import SluiceCore
import SluiceInspector

/// The one reader of a site's queues, whatever the number of viewers. While a page is open, it reads all statuses every two
/// seconds and tells the streams which queues have changed. Otherwise it reads nothing.
actor Watcher {
    /// How old a snapshot may be, and the interval of reading while there are streams.
    private var interval = Duration.seconds(2)
    /// How often the counters by minute are read.
    private static let historyInterval = Duration.seconds(10)
    /// An hour of full minutes, and the minute under way.
    private static let span = Duration.seconds(61 * 60)

    private struct Known {
        var points: [History.Point]
        var totals: [String: Int]
        var read: ContinuousClock.Instant

        /// Whether the totals are more than the points: something was counted before them.
        var isOlder: Bool {
            totals.contains { name, total in total > points.reduce(0) { $0 + $1.counts[name, default: 0] } }
        }
    }

    private let inspector: Inspector
    private let pages: PageCache
    private let pause: @Sendable (Duration) async -> Void
    nonisolated let streams = Streams()
    private var last: Snapshot?
    /// What the streams have been told of. It is not `last`, which pages read anew as well.
    private var told: Snapshot?
    private var reading: Task<Snapshot, any Error>?
    private var histories: [QueueName: Known] = [:]

    /// - Parameters:
    ///   - pages: Those that were made before a change are forgotten before the streams are told of it.
    ///   - pause: Waits between two readings, after a failure as well. A test decides itself when that is over.
    init(
        _ inspector: Inspector, _ pages: PageCache,
        pause: @escaping @Sendable (Duration) async -> Void = { span in _ = try? await Task.sleep(for: span) }
    ) {
        self.inspector = inspector
        self.pages = pages
        self.pause = pause
    }

    /// The last snapshot if it is fresh, else a new one.
    func snapshot() async throws -> Snapshot {
        if let last, .now - last.begun < interval { return last }
        return try await refresh()
    }

    /// For tests, which ask what a page costs that finds a fresh snapshot, however long that takes.
    func setInterval(_ interval: Duration) { self.interval = interval }

    /// Makes the next snapshot a new one.
    func invalidate() { last = nil }

    /// Reads while there are streams, until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            await streams.waitUntilUsed()
            do {
                let now = try await refresh()
                let changed = Self.changes(from: told, to: now)
                told = now
                if !changed.isEmpty { await pages.clear() }
                streams.send(changed)
                streams.send(trouble: "")
            } catch {
                if Task.isCancelled { return }
                streams.send(trouble: "Redis cannot be read: \((error as? SluiceError)?.message ?? "\(error)")")
            }
            await pause(interval)
        }
    }

    /// Several who ask at once share one reading.
    private func refresh() async throws -> Snapshot {
        if let reading { return try await reading.value }
        let task = Task { try await read() }
        reading = task
        defer { reading = nil }
        let snapshot = try await task.value
        last = snapshot
        return snapshot
    }

    private func read() async throws -> Snapshot {
        var snapshot = Snapshot(begun: .now)
        var standings: [(QueueStatus, Restrictions?)] = []
        try await inspector.standings(of: try await inspector.queues()) { status, restrictions in
            standings.append((status, restrictions))
        }
        for (status, restrictions) in standings {
            let known = try await minutes(of: status)
            snapshot.queues.append(
                Snapshot.Queue(
                    status: status, restrictions: restrictions, minutes: known.points, isOlder: known.isOlder))
        }
        if let time = standings.map(\.0.time).max() { snapshot.time = time }
        histories = histories.filter { snapshot.queue($0.key) != nil }
        return snapshot
    }

    /// The counters of the last hour, read anew only if they can have changed.
    private func minutes(of status: QueueStatus) async throws -> Known {
        if let known = histories[status.queue] {
            let isSame = known.totals == status.totals
            if .now - known.read < (isSame ? Self.historyInterval * 6 : Self.historyInterval) { return known }
        }
        let points = status.totals.isEmpty ? [] : try await inspector.history(upTo: status, last: Self.span).points
        let known = Known(points: points, totals: status.totals, read: .now)
        histories[status.queue] = known
        return known
    }

    /// The names of the queues that look different.
    static func changes(from before: Snapshot?, to now: Snapshot) -> Set<String> {
        guard let before else { return ["*"] }
        let known = Dictionary(before.queues.map { ($0.status.queue, $0) }) { first, _ in first }
        var changed = Set(
            now.queues.filter { queue in known[queue.status.queue].map { !$0.looks(like: queue) } ?? true }.map(
                \.status.queue.text))
        for queue in before.queues where now.queue(queue.status.queue) == nil { changed.insert(queue.status.queue.text) }
        return changed
    }
}

extension Snapshot.Queue {
    /// Whether nothing has happened in a queue but time.
    fileprivate func looks(like other: Self) -> Bool {
        status.states == other.status.states && status.totals == other.status.totals && status.pause == other.status.pause
            && status.workers == other.status.workers && status.lanes == other.status.lanes
            && status.depthLimit == other.status.depthLimit && restrictions == other.restrictions
    }
}
