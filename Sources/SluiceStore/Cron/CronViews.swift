package import Hiredis
package import SluiceCore

/// A page of the entries of a queue, or one entry: `lua/cron/cron.lua`. All of them: `Store.cronEntries`.
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
        /// The entry that the next page begins behind; nil at the end.
        package var next: String?
    }

    private enum Choice: Sendable {
        case one(String)
        case page(after: String?)
    }

    private let choice: Choice

    package init(_ entry: String) { choice = .one(entry) }

    /// The entries behind one, by name; nil for the first page.
    package init(after entry: String?) { choice = .page(after: entry) }

    package func write(into command: inout RedisCommand) {
        switch choice {
        case .one(let entry): command.append(entry)
        case .page(nil): break
        case .page(let entry?):
            command.append("")
            command.append(entry)
        }
    }

    package func read(_ reply: RedisValue) throws(SluiceError) -> Reply {
        guard let now = reply[0].string.flatMap({ Int($0) }), reply[1].kind == .array else { throw malformed(Self.name) }
        let items = reply[1].rows(of: 9).map { row in
            Item(
                name: row.text(0), text: row.text(1), next: row[2].integer, revision: row.text(3), runs: row[4].integer ?? 0,
                source: row.text(5), paused: row.text(6), finished: row[7].integer, last: row.text(8))
        }
        return Reply(now: now, items: items, next: reply.count > 2 ? reply[2].string.flatMap { $0.isEmpty ? nil : $0 } : nil)
    }
}

extension Store {
    /// All entries of a queue, by name, each page at an instant of its own; the time is that of the last one.
    package func cronEntries(of queue: QueueName) async throws(SluiceError) -> CronList.Reply {
        var all = try await call(CronList(after: nil), on: queue)
        while let last = all.next {
            let page = try await call(CronList(after: last), on: queue)
            all = CronList.Reply(now: page.now, items: all.items + page.items, next: page.next)
        }
        return all
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

    /// How many of the first, by the time that they are due, are left out.
    package var skipped: Int

    package init(skipping skipped: Int = 0) { self.skipped = skipped }

    package func write(into command: inout RedisCommand) { if skipped > 0 { command.append(skipped) } }

    package func read(_ reply: RedisValue) throws(SluiceError) -> Reply {
        guard let now = reply[0].integer, reply[1].kind == .array else { throw malformed(Self.name) }
        let items = reply[1].rows(of: 4).map { row in
            Item(name: row.text(0), text: row.text(1), revision: row.text(2), next: row[3].integer ?? 0)
        }
        return Reply(now: now, items: items)
    }
}
