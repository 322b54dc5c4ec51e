package import Hiredis
package import SluiceCore

/// Adds or changes an entry: `lua/cron/cron_change.lua`.
package struct CronPut: StoreFunction {
    package static let name = "cron_put"

    package enum Result: String, Sendable {
        case added, changed, same
        /// A declaration of a higher deploy is in force.
        case kept
        /// Code has declared an entry of this name.
        case declared
    }

    package var entry: String
    package var definition: CronEntry
    /// The first tick from now on, in ms.
    package var next: Int?
    /// The deploy of the declaring code; nil for an operator.
    package var deploy: Int?

    package init(_ entry: String, _ definition: CronEntry, next: Int?, deploy: Int? = nil) {
        self.entry = entry
        self.definition = definition
        self.next = next
        self.deploy = deploy
    }

    package func write(into command: inout RedisCommand) {
        command.append(entry)
        command.append(contentsOf: definition.encoded())
        command.append(next.map(String.init) ?? "")
        command.append(deploy == nil ? "operator" : "code")
        command.append(deploy ?? 0)
    }

    package func read(_ reply: RedisValue) throws(SluiceError) -> Result {
        guard let result = reply[0].string.flatMap(Result.init(rawValue:)) else { throw malformed(Self.name) }
        return result
    }
}

/// Removes an entry.
package struct CronRemove: StoreFunction {
    package static let name = "cron_remove"
    package var entry: String

    package init(_ entry: String) { self.entry = entry }

    package func write(into command: inout RedisCommand) { command.append(entry) }

    /// False if there was no such entry.
    package func read(_ reply: RedisValue) throws(SluiceError) -> Bool { reply.integer == 1 }
}

/// Pauses an entry.
package struct CronPause: StoreFunction {
    package static let name = "cron_pause"
    package var entry: String
    package var reason: String

    package init(_ entry: String, reason: String) {
        self.entry = entry
        self.reason = reason
    }

    package func write(into command: inout RedisCommand) {
        command.append(entry)
        command.append(reason)
    }

    /// False if it was paused already; nil if there is no such entry.
    package func read(_ reply: RedisValue) throws(SluiceError) -> Bool? { reply.integer == -1 ? nil : reply.integer == 1 }
}

/// Resumes a paused entry.
package struct CronResume: StoreFunction {
    package static let name = "cron_resume"

    package enum Result: String, Sendable { case resumed, running, changed, missing }

    package var entry: String
    package var revision: String
    package var next: Int?

    package init(_ entry: String, revision: String, next: Int?) {
        self.entry = entry
        self.revision = revision
        self.next = next
    }

    package func write(into command: inout RedisCommand) {
        command.append(entry)
        command.append(revision)
        command.append(next.map(String.init) ?? "")
    }

    package func read(_ reply: RedisValue) throws(SluiceError) -> Result {
        guard let result = reply.string.flatMap(Result.init(rawValue:)) else { throw malformed(Self.name) }
        return result
    }
}

/// Enqueues a job of an entry by hand.
package struct CronRun: StoreFunction {
    package static let name = "cron_run"

    package enum Result: String, Sendable { case added, exists, changed, missing }

    package var entry: String
    package var revision: String
    package var id: JobID
    package var spec: [UInt8]

    package init(_ entry: String, revision: String, id: JobID, spec: [UInt8]) {
        self.entry = entry
        self.revision = revision
        self.id = id
        self.spec = spec
    }

    package func write(into command: inout RedisCommand) {
        command.append(entry)
        command.append(revision)
        command.append(id.text)
        command.append(contentsOf: spec)
    }

    package func read(_ reply: RedisValue) throws(SluiceError) -> Result {
        guard let result = reply.string.flatMap(Result.init(rawValue:)) else { throw malformed(Self.name) }
        return result
    }
}
