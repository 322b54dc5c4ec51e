package import Hiredis
package import SluiceCore

/// Brings jobs that another slot has released into their queue: `lua/relay/deliver.lua`. At most 1,000 in a call; repeating it is
/// harmless.
package struct Deliver: StoreFunction {
    package static let name = "deliver"
    /// For how long a queue remembers jobs that were brought to it, unless it hears that they may be forgotten.
    static let memory = Duration.seconds(7 * 86_400)

    /// A job as the slot that released it keeps it.
    package struct Item: Sendable, Hashable {
        package var id: JobID
        /// The spec as JSON text.
        package var spec: [UInt8]
        /// What is out of the plain case, as JSON; empty for nothing.
        package var options: String

        package init(id: JobID, spec: [UInt8], options: String) {
            self.id = id
            self.spec = spec
            self.options = options
        }
    }

    /// Until when it may arrive, in ms by the server's clock: a later one is refused, since the sender's knowledge may be old.
    package var validUntil: Int
    package var items: [Item]
    /// How long it is remembered that they came, if longer than an hour, until they may be forgotten.
    package var kept: Duration?

    package init(validUntil: Int, items: [Item], kept: Duration? = nil) {
        self.validUntil = validUntil
        self.items = items
        self.kept = kept
    }

    package var size: (arguments: Int, bytes: Int) {
        (2 + 4 * items.count, items.reduce(64) { $0 + 40 + $1.spec.count + $1.options.utf8.count })
    }

    package func write(into command: inout RedisCommand) {
        command.append("\(validUntil)" + (kept.map { ":\($0.milliseconds)" } ?? ""))
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

    /// How many were new.
    package func read(_ reply: RedisValue) throws(SluiceError) -> Int {
        guard let count = reply.integer else { throw malformed(Self.name) }
        return count
    }
}

/// What carrying suspended jobs to their own queue takes: `followers.outgoing`. Those that are not there any more are left out.
package struct Outgoing: StoreFunction {
    package static let name = "outgoing"
    package static let isReadOnly = true

    package var ids: [JobID]

    package init(_ ids: [JobID]) { self.ids = ids }

    package func write(into command: inout RedisCommand) {
        for id in ids { command.append(id.text) }
    }

    package func read(_ reply: RedisValue) throws(SluiceError) -> [Deliver.Item] {
        var items: [Deliver.Item] = []
        var values = reply.elements.makeIterator()
        while let id = values.next()?.string, let spec = values.next(), let options = values.next()?.string {
            items.append(Deliver.Item(id: JobID(known: id), spec: spec.withBytes { Array($0) }, options: options))
        }
        return items
    }
}

/// Says that nobody sends these jobs again, but for what is on its way: `deliver.forget`. At most 1,000 in a call.
package struct Forget: StoreFunction {
    package static let name = "forget"

    package var ids: [JobID]

    package init(_ ids: [JobID]) { self.ids = ids }

    package func write(into command: inout RedisCommand) {
        for id in ids { command.append(id.text) }
    }

    package func read(_ reply: RedisValue) throws(SluiceError) {}
}

/// Tells the followers of jobs that have moved from their slot to another one, and have ended there:
/// `followers.ended_elsewhere`. Repeating it is harmless. At most 999 in a call.
package struct Tell: StoreFunction {
    package static let name = "tell"

    package var state: Fact.EndState
    package var jobs: [JobID]

    package init(_ state: Fact.EndState, _ jobs: [JobID]) {
        self.state = state
        self.jobs = jobs
    }

    package func write(into command: inout RedisCommand) {
        command.append(state.rawValue)
        for job in jobs { command.append(job.text) }
    }

    /// Whether this has put messages into the outbox that nobody carries yet.
    package func read(_ reply: RedisValue) throws(SluiceError) -> Bool { reply.integer == 1 }
}

/// Says that facts have arrived: `outbox.run`. At most 1,000 in a call.
package struct Acknowledge: StoreFunction {
    package static let name = "acknowledge"

    package var facts: [String]

    package init(_ facts: [String]) { self.facts = facts }

    package func write(into command: inout RedisCommand) {
        for fact in facts { command.append(fact) }
    }

    package func read(_ reply: RedisValue) throws(SluiceError) {}
}
