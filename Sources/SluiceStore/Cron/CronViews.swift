package import Hiredis
package import SluiceCore

/// Reads all entries of a queue, or one: `lua/cron/cron.lua`.
package struct CronList: StoreFunction {
    package static let name = "cron"
    package static let isReadOnly = true

    package struct Item: Sendable {
        package var name: String
        /// The entry as JSON.
        package var text: String
        /// The next tick in ms; nil if it is paused or finished.
        package var next: Int?
        package var revision: String
        package var runs: Int
        /// `code` or `operator`.
        package var source: String
        /// `ms reason`; empty if it is not paused.
        package var paused: String
        /// The time at which it finished, in ms.
        package var finished: Int?
        /// The newest line of its history; empty if there is none.
        package var last: String

        /// Whether a worker's code declared it.
        package var isOfCode: Bool { source == "code" }
    }

    package struct Reply: Sendable {
        /// The server's time in ms since 1970.
        package var now: Int
        package var items: [Item]
    }

    package var entry: String?

    package init(_ entry: String? = nil) { self.entry = entry }

    package func write(into command: inout RedisCommand) { if let entry { command.append(entry) } }

    package func read(_ reply: RedisValue) throws(SluiceError) -> Reply {
        guard let now = reply[0].string.flatMap({ Int($0) }), reply[1].kind == .array else { throw malformed(Self.name) }
        let flat = reply[1].elements.map { $0.string ?? "" }
        let items = stride(from: 0, to: flat.count - flat.count % 9, by: 9).map { at in
            Item(
                name: flat[at], text: flat[at + 1], next: Int(flat[at + 2]), revision: flat[at + 3], runs: Int(flat[at + 4]) ?? 0,
                source: flat[at + 5], paused: flat[at + 6], finished: Int(flat[at + 7]), last: flat[at + 8])
        }
        return Reply(now: now, items: items)
    }
}

/// Reads the history of an entry, newest first, as JSON: `lua/cron/cron.lua`.
package struct CronHistory: StoreFunction {
    package static let name = "cron_history"
    package static let isReadOnly = true
    /// Number of lines that are kept.
    package static let most = 100
    package var entry: String
    package var count: Int

    package init(_ entry: String, count: Int = most) {
        self.entry = entry
        self.count = count
    }

    package func write(into command: inout RedisCommand) {
        command.append(entry)
        command.append(count)
    }

    package func read(_ reply: RedisValue) throws(SluiceError) -> [String] {
        guard reply.kind == .array else { throw malformed(Self.name) }
        return reply.elements.compactMap(\.string)
    }
}

/// Reads the due entries: `lua/cron/cron.lua`.
package struct CronDue: StoreFunction {
    package static let name = "cron_due"

    package struct Item: Sendable {
        package var name: String
        /// The entry as JSON.
        package var text: String
        package var revision: String
        /// The next tick in ms.
        package var next: Int
    }

    package struct Reply: Sendable {
        package var now: Int
        package var items: [Item]
    }

    package init() {}

    package func write(into command: inout RedisCommand) {}

    package func read(_ reply: RedisValue) throws(SluiceError) -> Reply {
        guard let now = reply[0].integer, reply[1].kind == .array else { throw malformed(Self.name) }
        let flat = reply[1].elements.map { $0.string ?? "" }
        let items = stride(from: 0, to: flat.count - flat.count % 4, by: 4).map { at in
            Item(name: flat[at], text: flat[at + 1], revision: flat[at + 2], next: Int(flat[at + 3]) ?? 0)
        }
        return Reply(now: now, items: items)
    }
}
