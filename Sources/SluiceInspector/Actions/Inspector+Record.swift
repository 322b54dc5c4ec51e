public import SluiceCore
import SluiceStore

extension Inspector {
    /// The same inspector, which acts for another user. It shares the connection, which is closed once, by either.
    /// - Parameters:
    ///   - author: Who the changes are recorded under.
    ///   - reason: Why they are made; may be empty.
    public func acting(as author: Operator, reason: String = "") -> Inspector {
        Inspector(self, author: author, reason: reason)
    }

    /// Makes a change that the log of actions tells: an entry before it and one with its outcome.
    ///
    /// The changes that an inspector offers record themselves. This is for others, such as those of cron entries and workflows.
    /// - Parameters:
    ///   - verb: What is done.
    ///   - target: What it is done to: ids, a name, conditions.
    ///   - queue: The queue; nil for the whole namespace.
    ///   - body: Makes the change, and counts what it changed. If it throws, its count so far is recorded with the error.
    /// - Throws: what `body` throws; a server error if the start cannot be recorded, and `body` does not run then. A failure to
    ///   record the outcome is no error: the action then has none.
    public func record<Value>(
        _ verb: Action.Verb, on target: String = "", in queue: QueueName? = nil,
        _ body: (inout Action.Tally) async throws(SluiceError) -> Value
    ) async throws(SluiceError) -> Value {
        let start = try await store.logAction(Action.fields(author, verb, target, queue, reason: reason))
        var tally = Action.Tally()
        do throws(SluiceError) {
            let value = try await body(&tally)
            await end(start, tally, nil)
            return value
        } catch {
            await end(start, tally, error)
            throw error
        }
    }

    /// Records a change of one thing, as ``record(_:on:in:_:)`` does.
    /// - Parameter body: Makes the change; returns false if there was nothing to change.
    /// - Throws: as ``record(_:on:in:_:)`` does.
    public func recordChange(
        _ verb: Action.Verb, on target: String = "", in queue: QueueName? = nil, _ body: () async throws(SluiceError) -> Bool
    ) async throws(SluiceError) -> Bool {
        try await record(verb, on: target, in: queue) { (tally) async throws(SluiceError) in
            let isChanged = try await body()
            tally.count(isChanged)
            return isChanged
        }
    }

    /// Records an outcome, even if the task is cancelled: a bulk change that is stopped has one.
    private func end(_ start: String, _ tally: Action.Tally, _ error: SluiceError?) async {
        let fields = Action.Outcome.fields(of: start, tally, error)
        await Task { [store] in _ = try? await store.logAction(fields) }.value
    }
}
