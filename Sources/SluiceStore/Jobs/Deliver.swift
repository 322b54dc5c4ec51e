package import Hiredis
package import SluiceCore

/// Delivers jobs, released in another slot, to their queue: `lua/relay/deliver.lua`. At most 1,000 in a call. Repeating it is
/// harmless.
package struct Deliver: StoreFunction {
    package static let name = "deliver"
    /// The room of a call. Bytes are those of the specs.
    static let room = CallRoom(items: 1000)
    /// How long a queue remembers delivered jobs, unless ``Forget`` comes first.
    static let memory = Duration.seconds(7 * 86_400)

    /// A job in the form in which the releasing slot keeps it.
    package struct Item: Sendable, Hashable {
        package var id: JobID
        /// The spec as JSON text.
        package var spec: [UInt8]
        /// Options that differ from the defaults, as JSON; empty if there are none.
        package var options: String

        package init(id: JobID, spec: [UInt8], options: String) {
            self.id = id
            self.spec = spec
            self.options = options
        }
    }

    /// Deadline for the arrival, in ms by the server's clock. A later call is rejected, since the sender's knowledge may be old.
    package var validUntil: Int
    package var items: [Item]
    /// How long the queue remembers the delivery, if longer than an hour, until ``Forget``.
    package var kept: Duration?
    /// Whether an idle worker is woken. False if this process calls for the jobs itself, right after the delivery.
    package var wakes = true

    package init(validUntil: Int, items: [Item], kept: Duration? = nil, wakes: Bool = true) {
        self.validUntil = validUntil
        self.items = items
        self.kept = kept
        self.wakes = wakes
    }

    package var size: (arguments: Int, bytes: Int) {
        (2 + 4 * items.count, items.reduce(64) { $0 + 40 + $1.spec.count + $1.options.utf8.count })
    }

    package func write(into command: inout RedisCommand) {
        command.append("\(validUntil)" + (kept.map { ":\($0.milliseconds)" } ?? (wakes ? "" : ":0")))
        command.append(items.count)
        for item in items {
            command.append(item.id.text)
            command.append(contentsOf: item.spec)
        }
        for (position, item) in items.enumerated() where !item.options.isEmpty && item.options != "{}" {
            command.append(position)
            command.append(item.options)
        }
    }

    /// The number of new jobs.
    package func read(_ reply: RedisValue) throws(SluiceError) -> Int {
        guard let count = reply.integer else { throw malformed(Self.name) }
        return count
    }
}

/// The data needed to move suspended jobs to their own queue: `followers.outgoing`. Jobs that no longer exist are left out.
package struct Outgoing: StoreFunction {
    package static let name = "outgoing"
    package static let isReadOnly = true

    package var ids: [JobID]

    package init(_ ids: [JobID]) { self.ids = ids }

    package func write(into command: inout RedisCommand) {
        for id in ids { command.append(id.text) }
    }

    package func read(_ reply: RedisValue) throws(SluiceError) -> [Deliver.Item] {
        reply.rows(of: 3).map { Deliver.Item(id: $0.id(0), spec: $0[1].bytes ?? [], options: $0.text(2)) }
    }
}

/// Lets the queue forget delivered jobs that will not be sent again, except for calls under way: `deliver.forget`. At most 1,000
/// in a call.
package struct Forget: StoreFunction {
    package static let name = "forget"

    package var ids: [JobID]

    package init(_ ids: [JobID]) { self.ids = ids }

    package func write(into command: inout RedisCommand) {
        for id in ids { command.append(id.text) }
    }

    package func read(_ reply: RedisValue) throws(SluiceError) {}
}

/// Notifies the followers of jobs that moved to another slot and ended there: `followers.ended_elsewhere`. At most 999 in a call.
/// Repeating it is harmless.
package struct Tell: StoreFunction {
    package static let name = "tell"

    package var state: OutboxMessage.EndState
    package var jobs: [JobID]

    package init(_ state: OutboxMessage.EndState, _ jobs: [JobID]) {
        self.state = state
        self.jobs = jobs
    }

    package func write(into command: inout RedisCommand) {
        command.append(state.rawValue)
        for job in jobs { command.append(job.text) }
    }

    /// Whether this put messages into the outbox that no relay carries yet.
    package func read(_ reply: RedisValue) throws(SluiceError) -> Bool { reply.integer == 1 }
}

/// Acknowledges outbox messages that have arrived: `outbox.run`. At most 1,000 in a call.
package struct Acknowledge: StoreFunction {
    package static let name = "acknowledge"

    package var messages: [String]

    package init(_ messages: [String]) { self.messages = messages }

    package func write(into command: inout RedisCommand) {
        for message in messages { command.append(message) }
    }

    package func read(_ reply: RedisValue) throws(SluiceError) {}
}
