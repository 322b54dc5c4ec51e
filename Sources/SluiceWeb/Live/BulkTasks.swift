import SluiceCore
import SluiceInspector

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Bulk changes: each counts its jobs first, waits until a user agrees, and then changes them in the background.
///
/// They are kept in memory. If the server dies, what was changed stays so, and the rest is as it was.
actor BulkTasks {
    enum Phase: Sendable {
        case counting(looked: Int, of: Int)
        /// It waits until a user agrees, with the jobs by kind and error.
        case counted(matched: Int, groups: [ErrorGroup])
        case changing(BulkProgress)
        case ended(BulkProgress)
        case failed(String)

        var isUnderWay: Bool {
            switch self {
            case .counting, .changing: true
            case .counted, .ended, .failed: false
            }
        }
    }

    struct Entry: Sendable {
        var change: JobChange
        var query: JobQuery
        var queues: [QueueName]
        /// Who asked for it.
        var owner: String
        var begun: Date
        var phase: Phase
    }

    /// How many are kept.
    private static let most = 50
    /// How many may be under way.
    private static let mostUnderWay = 8

    private var entries: [String: Entry] = [:]
    private var order: [String] = []
    private var tasks: [String: Task<Void, Never>] = [:]

    func entry(_ id: String) -> Entry? { entries[id] }

    /// The entries, newest first.
    var all: [(id: String, entry: Entry)] { order.reversed().compactMap { id in entries[id].map { (id, $0) } } }

    /// Counts the jobs that match. Returns the id of the entry; nil if too many are under way.
    func count(_ change: JobChange, _ query: JobQuery, in queues: [QueueName], owner: String, _ inspector: Inspector) -> String? {
        guard entries.values.count(where: \.phase.isUnderWay) < Self.mostUnderWay else { return nil }
        let id = UUID().uuidString.lowercased()
        entries[id] = Entry(
            change: change, query: query, queues: queues, owner: owner, begun: Date(), phase: .counting(looked: 0, of: 0))
        order.append(id)
        forgetOld()
        tasks[id] = Task { await self.runCount(id, change, query, queues, inspector) }
        return id
    }

    /// Changes what was counted, no more jobs than that. Returns false if the entry does not wait for it.
    func start(_ id: String, _ inspector: Inspector, whenDone: @escaping @Sendable () async -> Void) -> Bool {
        guard let entry = entries[id], case .counted(let matched, _) = entry.phase else { return false }
        entries[id]?.phase = .changing(BulkProgress())
        tasks[id] = Task {
            await self.runChange(id, entry, most: matched, inspector)
            await whenDone()
        }
        return true
    }

    /// Stops an entry after its current step.
    func stop(_ id: String) { tasks[id]?.cancel() }

    /// Returns when nothing of an entry is under way.
    func settled(_ id: String) async { await tasks[id]?.value }

    /// Stops all entries, and waits until they have.
    func stopAll() async {
        for task in tasks.values { task.cancel() }
        for task in tasks.values { await task.value }
    }

    private func forgetOld() {
        while order.count > Self.most, let place = order.firstIndex(where: { entries[$0]?.phase.isUnderWay != true }) {
            let id = order.remove(at: place)
            entries[id] = nil
            tasks[id] = nil
        }
    }

    private func runCount(
        _ id: String, _ change: JobChange, _ query: JobQuery, _ queues: [QueueName], _ inspector: Inspector
    ) async {
        var (matched, groups) = (0, [ErrorGroup]())
        do throws(SluiceError) {
            for (index, queue) in queues.enumerated() {
                let (progress, found) = try await inspector.preview(change, where: query.filter, in: queue)
                matched += progress.matched
                groups += found
                if Task.isCancelled { return end(id, .failed("It was stopped. Nothing was changed.")) }
                entries[id]?.phase = .counting(looked: index + 1, of: queues.count)
            }
            end(id, .counted(matched: matched, groups: groups.sorted { $0.count > $1.count }))
        } catch {
            end(id, .failed("\(error.message). Nothing was changed."))
        }
    }

    private func runChange(_ id: String, _ entry: Entry, most: Int, _ inspector: Inspector) async {
        var total = BulkProgress()
        do throws(SluiceError) {
            for queue in entry.queues where total.matched < most && !Task.isCancelled {
                var filter = entry.query.filter
                filter.limit = most - total.matched
                let before = total
                let progress = try await inspector.change(entry.change, where: filter, in: queue) { progress in
                    self.note(id, before + progress)
                }
                total = before + progress
            }
            // Its bound is the number that was agreed to.
            if total.matched >= most { total.isComplete = true }
            end(id, .ended(total))
        } catch {
            let changed = HumanText.count(total.changed, "job")
            end(id, .failed("\(error.message). At least \(changed) had been changed. You can make the same change again."))
        }
    }

    private func note(_ id: String, _ progress: BulkProgress) { entries[id]?.phase = .changing(progress) }

    private func end(_ id: String, _ phase: Phase) {
        entries[id]?.phase = phase
        tasks[id] = nil
    }
}

extension BulkProgress {
    /// The progress over several queues.
    fileprivate static func + (left: Self, right: Self) -> Self {
        var sum = left
        sum.expected += right.expected
        sum.looked += right.looked
        sum.matched += right.matched
        sum.changed += right.changed
        sum.cancelling += right.cancelling
        sum.refused += right.refused
        sum.isComplete = right.isComplete
        return sum
    }
}
