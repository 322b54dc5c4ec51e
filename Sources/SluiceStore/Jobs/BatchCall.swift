package import Hiredis
package import SluiceCore

/// Any change of a batch: `lua/relay/batch.lua`. Repeating a call is harmless.
package struct BatchCall: StoreFunction {
    package static let name = "batch"
    /// Maximum number of members in one call.
    package static let mostMembers = 1000

    package enum Verb: Sendable, Hashable {
        case open(name: String, callbacks: [String: BatchCallback])
        case add([JobID])
        case seal
        /// Members ended in this state; nil means their first attempt failed.
        case done(OutboxMessage.EndState?, [JobID])
        /// The callbacks of these events have arrived in their queues.
        case fired([String])
        case maintain
    }

    package struct Reply: Sendable, Hashable {
        /// The server's time in ms since 1970.
        package var now: Int
        package var isFinished: Bool
        /// Members that ended in another state than completed.
        package var failures: Int
        /// Callbacks to deliver, by event.
        package var firing: [String: BatchCallback]
    }

    package var verb: Verb

    package init(_ verb: Verb) { self.verb = verb }

    package func write(into command: inout RedisCommand) {
        switch verb {
        case .open(let name, let callbacks):
            command.append("open")
            command.append(name)
            for (event, callback) in callbacks {
                command.append(event)
                command.append(contentsOf: callback.text)
            }
        case .add(let ids): append("add", ids.map(\.text), to: &command)
        case .seal: command.append("seal")
        case .done(let state, let ids):
            command.append("done")
            append(state?.rawValue ?? "attempted", ids.map(\.text), to: &command)
        case .fired(let events): append("fired", events, to: &command)
        case .maintain: command.append("tend")
        }
    }

    private func append(_ word: String, _ values: [String], to command: inout RedisCommand) {
        command.append(word)
        for value in values { command.append(value) }
    }

    package func read(_ reply: RedisValue) throws(SluiceError) -> Reply {
        guard let now = reply[0][0].integer, let finished = reply[0][1].integer, let bad = reply[0][2].integer else {
            throw malformed(Self.name)
        }
        let firing = reply[1].dictionary.mapValues { BatchCallback(text: $0.bytes ?? []) }
        return Reply(now: now, isFinished: finished == 1, failures: bad, firing: firing)
    }
}

/// The callback of a batch event: a job for its queue, or a message to the parent batch.
package struct BatchCallback: Sendable, Hashable {
    /// The queue, a line feed, the options as JSON, a line feed, the spec; or the id of a batch.
    package var text: [UInt8]

    package init(text: [UInt8]) { self.text = text }

    package init(_ job: NewJob, queue: QueueName) {
        text = Array("\(queue)\n\(job.options ?? "")\n".utf8) + job.spec
    }

    package init(parent: BatchID) { text = Array(parent.text.utf8) }

    /// The parent batch, if the text is an id.
    package var parent: BatchID { BatchID(known: String(decoding: text, as: UTF8.self)) }

    /// The job to deliver; nil if the text does not hold one.
    package func job(_ id: JobID) -> (queue: QueueName, item: Deliver.Item)? {
        let parts = text.split(separator: UInt8(ascii: "\n"), maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let queue = try? QueueName(String(decoding: parts[0], as: UTF8.self)) else { return nil }
        return (queue, Deliver.Item(id: id, spec: Array(parts[2]), options: String(decoding: parts[1], as: UTF8.self)))
    }
}

/// The state of a batch as names and values: `batch.status`. Empty if there is no such batch.
package struct ReadBatch: StoreFunction {
    package static let name = "batch_status"
    package static let isReadOnly = true

    package init() {}

    package func write(into command: inout RedisCommand) {}

    package func read(_ reply: RedisValue) throws(SluiceError) -> [String: String] {
        var values: [String: String] = [:]
        for (name, value) in reply.dictionary { values[name] = value.string ?? value.integer.map(String.init) }
        return values
    }
}

/// The states of several batches, by position, each as ``ReadBatch`` does: `batch.status`.
package struct ReadBatches: StoreFunction {
    package static let name = "batch_statuses"
    package static let isReadOnly = true

    package init() {}

    package func write(into command: inout RedisCommand) {}

    package func read(_ reply: RedisValue) throws(SluiceError) -> [[String: String]] {
        reply.elements.map { $0.dictionary.compactMapValues { $0.string ?? $0.integer.map(String.init) } }
    }
}

/// The callbacks of a batch, and some of the members that it waits for: `batch.view`.
package struct ViewBatch: StoreFunction {
    package static let name = "batch_view"
    package static let isReadOnly = true

    package struct Reply: Sendable, Hashable {
        /// The target by event: queue and kind; for `parent` the id of a batch, and no kind.
        package var callbacks: [String: Target]
        package var waiting: [JobID]
    }

    package struct Target: Sendable, Hashable {
        package var place: String
        package var kind: String
    }

    /// Maximum number of members in the reply, 1 to 1,000.
    package var most: Int

    package init(most: Int) { self.most = most }

    package func write(into command: inout RedisCommand) { command.append(most) }

    package func read(_ reply: RedisValue) throws(SluiceError) -> Reply {
        guard reply.count == 2 else { throw malformed(Self.name) }
        var found = Reply(callbacks: [:], waiting: reply[1].elements.compactMap { $0.string.map(JobID.init(known:)) })
        for row in reply[0].rows(of: 3) { found.callbacks[row.text(0)] = Target(place: row.text(1), kind: row.text(2)) }
        return found
    }
}

extension Store {
    /// Calls a function on a batch.
    package func call<Function: StoreFunction>(
        _ function: Function, batch: BatchID
    ) async throws(SluiceError) -> Function.Reply {
        try await call(function, key: keys.batch(batch))
    }
}
