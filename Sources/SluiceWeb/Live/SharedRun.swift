import SluiceCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A piece of work that takes long, done once for all who ask. It runs in the background; its last result stays.
actor SharedRun<Value: Sendable> {
    /// What there is to show.
    struct Standing: Sendable {
        /// The last result.
        var value: Value?
        /// Why the last run failed; nil if it did not.
        var failure: String?
        /// When the last run ended.
        var ended: Date?
        /// When the present run began; nil if none is under way.
        var begun: Date?
        /// What the present run has found so far.
        var progress: Value?
    }

    private struct Waiter {
        var wake: CheckedContinuation<Void, Never>
        var timer: Task<Void, Never>
    }

    private var standing = Standing()
    private var end: ContinuousClock.Instant?
    private var task: Task<Void, Never>?
    private var waiters: [Int: Waiter] = [:]
    private var next = 0

    var isUnderWay: Bool { task != nil }

    /// What there is, without waiting.
    var current: Standing { standing }

    /// The last result if it is no older than `span`. Else begins a run, waits for its end, but not for long, and returns what there
    /// is then.
    func standing(
        within span: Duration, patience: Duration,
        _ work: @escaping @Sendable (@escaping @Sendable (Value) async -> Void) async throws -> Value
    ) async -> Standing {
        if task == nil, let end, .now - end < span { return standing }
        begin(work)
        await wait(patience)
        return standing
    }

    /// Begins a run. Returns false if one is under way.
    /// - Parameter work: gets what to call with the result so far.
    @discardableResult
    func begin(_ work: @escaping @Sendable (@escaping @Sendable (Value) async -> Void) async throws -> Value) -> Bool {
        guard task == nil else { return false }
        standing.begun = Date()
        standing.progress = nil
        task = Task {
            do {
                let value = try await work { await self.note($0) }
                self.finish(value, nil)
            } catch {
                self.finish(nil, (error as? SluiceError)?.message ?? "\(error)")
            }
        }
        return true
    }

    /// Stops the present run as soon as it looks.
    func stop() { task?.cancel() }

    /// Stops the present run, and waits until it has ended.
    func stopAndWait() async {
        task?.cancel()
        await task?.value
    }

    private func note(_ progress: Value) { if task != nil { standing.progress = progress } }

    private func finish(_ value: Value?, _ failure: String?) {
        if let value { standing.value = value }
        standing.failure = failure
        standing.ended = Date()
        standing.begun = nil
        standing.progress = nil
        end = .now
        task = nil
        for id in waiters.keys { release(id) }
    }

    private func wait(_ patience: Duration) async {
        guard task != nil else { return }
        next += 1
        let id = next
        await withCheckedContinuation { wake in
            let timer = Task {
                try? await Task.sleep(for: patience)
                self.release(id)
            }
            waiters[id] = Waiter(wake: wake, timer: timer)
        }
    }

    private func release(_ id: Int) {
        guard let waiter = waiters.removeValue(forKey: id) else { return }
        waiter.timer.cancel()
        waiter.wake.resume()
    }
}
