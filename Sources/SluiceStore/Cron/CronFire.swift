package import Hiredis
package import SluiceCore

/// Fires due ticks of an entry: `lua/cron/cron_fire.lua`. All times in ms since 1970.
package struct CronFire: StoreFunction {
    package static let name = "cron_fire"
    /// Maximum number of ticks in one call.
    package static let mostTicks = 1000

    package struct Reply: Sendable, Equatable {
        /// False if another worker has fired them, or the entry has changed.
        package var isFirst: Bool
        package var enqueued: Int
        package var skipped: Int
    }

    package var entry: String
    package var revision: String
    /// The next tick as the queue reported it.
    package var expected: Int
    /// The first tick that is not due yet.
    package var following: Int?
    package var ticks: [Int]
    /// Whether more ticks than these are due from `expected` on: these are the newest.
    package var hasMore: Bool
    package var spec: [UInt8]

    /// Finds the due ticks of an entry.
    /// - Throws: `invalidArgument` if this program cannot interpret the entry.
    package init(_ item: CronDue.Item, now: Int) throws(SluiceError) {
        let entry = try CronEntry(decoding: item.text)
        let schedule = try entry.schedule()
        // Zone rules change: the reported next tick may not exist any more.
        let due = schedule.newest(Self.mostTicks, from: item.next / 1000, through: now / 1000)
        self.entry = item.name
        revision = item.revision
        expected = item.next
        ticks = due.ticks.map { $0 * 1000 }
        hasMore = due.hasMore
        following = schedule.next(after: now / 1000).map { $0 * 1000 }
        spec = entry.job
    }

    package var size: (arguments: Int, bytes: Int) { (6 + ticks.count, 200 + spec.count + 16 * ticks.count) }

    package func write(into command: inout RedisCommand) {
        command.append(entry)
        command.append(revision)
        command.append(expected)
        command.append(following.map(String.init) ?? "")
        command.append(hasMore ? 1 : 0)
        command.append(contentsOf: spec)
        for tick in ticks { command.append(tick) }
    }

    package func read(_ reply: RedisValue) throws(SluiceError) -> Reply {
        guard let word = reply[0].string, let enqueued = reply[1].integer, let skipped = reply[2].integer else {
            throw malformed(Self.name)
        }
        return Reply(isFirst: word == "fired", enqueued: enqueued, skipped: skipped)
    }
}

extension Store {
    /// Fires the due ticks of a queue until none is due. Safe to run in several processes at once.
    /// - Parameter complain: called for entries that this program cannot interpret; others may be able to.
    /// - Returns: The number of enqueued jobs.
    @discardableResult
    package func fireCron(
        on queue: QueueName, _ complain: (CronDue.Item, SluiceError) -> Void
    ) async throws(SluiceError) -> Int {
        var enqueued = 0
        // They stay due, in front of the others.
        var unable: Set<String> = []
        for _ in 0..<20 {
            let due = try await call(CronDue(skipping: unable.count), on: queue)
            let items = due.items.filter { !unable.contains($0.name) }
            if items.isEmpty { break }
            for item in items {
                let fire: CronFire
                do throws(SluiceError) {
                    fire = try CronFire(item, now: due.now)
                } catch {
                    unable.insert(item.name)
                    complain(item, error)
                    continue
                }
                enqueued += try await call(fire, on: queue).enqueued
            }
        }
        return enqueued
    }
}
