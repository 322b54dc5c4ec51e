package import Hiredis
package import SluiceCore

/// Reads the number of jobs by state, and totals: `lua/operators/view.lua`. A flat list of names and values.
package struct Status: StoreFunction {
    package static let name = "status"
    package static let isReadOnly = true

    package init() {}

    package func write(into command: inout RedisCommand) {}

    package func read(_ reply: RedisValue) throws(SluiceError) -> [String: String] { try texts(reply, Self.name) }
}

/// What there is in several queues besides jobs, by position: `lua/operators/view.lua`.
package struct Outlines: StoreFunction {
    package static let name = "outlines"
    package static let isReadOnly = true

    package struct Item: Sendable, Hashable {
        package var cronEntries: Int
        package var limits: Int
        package var overrides: Int
        /// Lanes that wait at gates.
        package var lanesWaiting: Int
        package var dependenciesOff: Int
    }

    package init() {}

    package func write(into command: inout RedisCommand) {}

    package func read(_ reply: RedisValue) throws(SluiceError) -> [Item] {
        guard reply.kind == .array else { throw malformed(Self.name) }
        return reply.elements.map { row in
            Item(
                cronEntries: row[0].integer ?? 0, limits: row[1].integer ?? 0, overrides: row[2].integer ?? 0,
                lanesWaiting: row[3].integer ?? 0, dependenciesOff: row[4].integer ?? 0)
        }
    }
}

extension Store {
    /// What there is in queues besides jobs, by position. A call for each 1,000 queues, and in a cluster for each slot.
    package func outlines(of queues: [QueueName]) async throws(SluiceError) -> [Outlines.Item] {
        var items: [Outlines.Item] = []
        for page in queues.pages(of: 1000) { items += try await call(Outlines(), each: page.map(keys.base)) }
        guard items.count == queues.count else { throw malformed(Outlines.name) }
        return items
    }
}

/// Reads everything about one job: `lua/operators/view.lua`. Nil if there is none.
package struct FindJob: StoreFunction {
    package static let name = "job"
    package static let isReadOnly = true
    package var id: JobID

    package init(_ id: JobID) { self.id = id }

    package func write(into command: inout RedisCommand) { command.append(id.text) }

    package func read(_ reply: RedisValue) throws(SluiceError) -> [String: String]? {
        let found = try texts(reply, Self.name)
        return found.isEmpty ? nil : found
    }
}

/// Reads the transitions of a job, newest first, as far as the stream of transitions reaches back: `lua/operators/view.lua`.
package struct JobMoves: StoreFunction {
    package static let name = "moves"
    package static let isReadOnly = true

    package struct Move: Sendable {
        /// Time of the transition, in ms since 1970.
        package var time: Int
        /// The state before; nil at the enqueue.
        package var from: JobState?
        /// The state after; nil at the removal.
        package var to: JobState?
    }

    package var id: JobID
    package var cursor: String

    package init(_ id: JobID, cursor: String = "") {
        self.id = id
        self.cursor = cursor
    }

    package func write(into command: inout RedisCommand) {
        command.append(id.text)
        command.append(cursor)
    }

    /// The moves, and the start of the next page; nil at the end.
    package func read(_ reply: RedisValue) throws(SluiceError) -> (next: String?, moves: [Move]) {
        guard let next = reply[0].string else { throw malformed(Self.name) }
        let moves = reply[1].rows(of: 3).map { Move(time: $0.count(0), from: $0.state(1), to: $0.state(2)) }
        return (next.isEmpty ? nil : next, moves)
    }
}

/// Reads a page of jobs in a state: `lua/operators/view.lua`.
package struct ListJobs: StoreFunction {
    package static let name = "list"
    package static let isReadOnly = true

    package struct Item: Sendable {
        package var id: JobID
        package var spec: String
        package var attempts: Int
        /// The due time, the end, the record of the run or the score of the place, depending on the state.
        package var moment: String
    }

    package struct Reply: Sendable {
        /// The start of the next page; nil at the end.
        package var cursor: String?
        package var items: [Item]
    }

    package var state: JobState
    package var cursor: String
    package var limit: Int
    package var kind: String?

    package init(state: JobState, cursor: String? = nil, limit: Int = 50, kind: String? = nil) {
        self.state = state
        self.cursor = cursor ?? "0"
        self.limit = limit
        self.kind = kind
    }

    package func write(into command: inout RedisCommand) {
        command.append(state.rawValue)
        command.append(cursor)
        command.append(limit)
        command.append(kind ?? "")
    }

    package func read(_ reply: RedisValue) throws(SluiceError) -> Reply {
        guard let next = reply[0].string, reply[2].kind == .array else { throw malformed(Self.name) }
        let items = reply[2].rows(of: 4).map { row in
            Item(id: row.id(0), spec: row.text(1), attempts: row.count(2), moment: row.text(3))
        }
        return Reply(cursor: next == "0" ? nil : next, items: items)
    }
}

/// Reads the live workers of a queue: `lua/operators/view.lua`.
package struct ListWorkers: StoreFunction {
    package static let name = "workers"
    package static let isReadOnly = true

    package struct Item: Sendable {
        package var worker: WorkerID
        /// The time left of its lease; negative after its end.
        package var lease: Duration
        /// Number of jobs that it holds.
        package var held: Int
        /// The description of its process, as JSON.
        package var info: String
    }

    package init() {}

    package func write(into command: inout RedisCommand) {}

    package func read(_ reply: RedisValue) throws(SluiceError) -> [Item] {
        reply.rows(of: 4).map { row in
            Item(
                worker: WorkerID(known: row.text(0)), lease: .milliseconds(row.count(1)), held: row.count(2),
                info: row[3].string ?? "{}")
        }
    }
}

/// Reads what was counted by minute or hour since 1970: `lua/operators/view.lua`. At most a day of minutes, or 1,440 hours, in a
/// call.
package struct HistoryRows: StoreFunction {
    package static let name = "history"
    package static let isReadOnly = true

    /// A part of what one minute or hour counted. It may come in two parts, which add up.
    package struct Row: Sendable {
        package var span: Int
        package var counts: [String: Int]
        /// The runs by kind, as `lua/base/packed.lua` writes them.
        package var runs: [String: String]
    }

    package var spans: ClosedRange<Int>
    package var byHour: Bool
    package var kind: String?

    package init(_ spans: ClosedRange<Int>, byHour: Bool = false, kind: String? = nil) {
        self.spans = spans
        self.byHour = byHour
        self.kind = kind
    }

    package func write(into command: inout RedisCommand) {
        command.append(spans.lowerBound)
        command.append(spans.upperBound)
        command.append(byHour ? "hour" : "minute")
        command.append(kind ?? "")
    }

    package func read(_ reply: RedisValue) throws(SluiceError) -> [Row] {
        reply.rows(of: 2).map { row in
            var read = Row(span: row.count(0), counts: [:], runs: [:])
            for (name, value) in row[1].dictionary {
                if name.hasPrefix(":") {
                    read.runs[String(name.dropFirst())] = value.string ?? ""
                } else {
                    read.counts[name] = value.integer
                }
            }
            return read
        }
    }
}

/// Checks a page of data for the invariants: `lua/operators/audit.lua`.
package struct AuditPage: StoreFunction {
    package static let name = "audit"
    package static let isReadOnly = true

    package struct Reply: Sendable {
        /// The start of the next page; nil at the end.
        package var cursor: String?
        package var checked: Int
        package var violations: [(invariant: String, what: String)]
    }

    package var cursor: String

    package init(cursor: String = "") { self.cursor = cursor }

    package func write(into command: inout RedisCommand) { command.append(cursor) }

    package func read(_ reply: RedisValue) throws(SluiceError) -> Reply {
        guard let next = reply[0].string, let checked = reply[1].integer else { throw malformed(Self.name) }
        let violations = reply[2].rows(of: 2).map { (invariant: $0.text(0), what: $0.text(1)) }
        return Reply(cursor: next == "0" ? nil : next, checked: checked, violations: violations)
    }
}

private func texts(_ reply: RedisValue, _ function: String) throws(SluiceError) -> [String: String] {
    guard reply.kind == .array else { throw malformed(function) }
    return reply.dictionary.compactMapValues { $0.string ?? $0.integer.map(String.init) }
}
