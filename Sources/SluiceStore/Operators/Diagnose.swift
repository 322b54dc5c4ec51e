package import Hiredis
package import SluiceCore

/// A section of the diagnosis of a queue: `lua/operators/diagnose.lua`. It only reads.
package protocol DiagnoseSection: StoreFunction {
    /// The section and its arguments.
    var words: [String] { get }
}

extension DiagnoseSection {
    package static var name: String { "diagnose" }
    package static var isReadOnly: Bool { true }

    package func write(into command: inout RedisCommand) {
        for word in words { command.append(word) }
    }
}

/// An overview of a queue: its status, and the sections that have findings.
package struct DiagnoseGlance: DiagnoseSection {
    package struct Reply: Sendable {
        /// The names and values of ``Status``.
        package var status: [String: String]
        package var workers: DiagnoseWorkers.Reply
        /// Sections with findings, `dependencies` and `cron` among them.
        package var sections: Set<String>
    }

    package let words = ["glance"]

    package init() {}

    package func read(_ reply: RedisValue) throws(SluiceError) -> Reply {
        guard reply.count == 3 else { throw malformed(Self.name) }
        return Reply(
            status: try Status().read(reply[0]), workers: try DiagnoseWorkers().read(reply[1]),
            sections: Set(reply[2].elements.compactMap(\.string)))
    }
}

/// Kinds of waiting jobs that no live worker declares.
package struct DiagnoseKinds: DiagnoseSection {
    package struct Item: Sendable, Hashable {
        package var kind: String
        package var count: Int
        package var example: JobID
    }

    package let words = ["kinds"]

    package init() {}

    package func read(_ reply: RedisValue) throws(SluiceError) -> (hasMore: Bool, kinds: [Item]) {
        let items = reply[1].rows(of: 3).map { Item(kind: $0.text(0), count: $0.count(1), example: $0.id(2)) }
        return (reply[0].integer == 1, items)
    }
}

/// Chains that a discarded job holds while other jobs wait.
package struct DiagnoseChains: DiagnoseSection {
    package struct Item: Sendable, Hashable {
        package var gate: String
        package var holder: JobID
        package var waiting: Int
    }

    package let words = ["chains"]

    package init() {}

    package func read(_ reply: RedisValue) throws(SluiceError) -> (hasMore: Bool, chains: [Item]) {
        let items = reply[1].rows(of: 3).map { Item(gate: $0.text(0), holder: $0.id(1), waiting: $0.count(2)) }
        return (reply[0].integer == 1, items)
    }
}

/// Outbox messages that do not arrive.
package struct DiagnoseOutbox: DiagnoseSection {
    package enum Class: String, Sendable, Hashable {
        /// Due a minute ago, and not carried by any relay.
        case stuck
        /// Carried again and again for ten minutes.
        case slow
        /// Too old to be handed out.
        case expired
        /// No worker of the queue can read it.
        case unreadable
    }

    package struct Item: Sendable, Hashable {
        package var trouble: Class
        /// The recipient, such as `queue.web`; `follow` for followers in the same queue.
        package var target: String
        package var count: Int
        /// Time of the oldest event, in ms since 1970.
        package var since: Int
        /// The first part of one message; for jobs on their way, a job's id; for unreadable messages, a message's number.
        package var example: String
    }

    package let words = ["outbox"]

    package init() {}

    package func read(_ reply: RedisValue) throws(SluiceError) -> (hasMore: Bool, messages: [Item]) {
        let items = reply[1].rows(of: 5).compactMap { row -> Item? in
            guard let trouble = Class(rawValue: row.text(0)) else { return nil }
            return Item(
                trouble: trouble, target: row.text(1), count: row.count(2), since: row.count(3), example: row.text(4))
        }
        return (reply[0].integer == 1, items)
    }
}

/// Followers that may wait for ever: a page from a rank on, or given jobs once more.
package struct DiagnoseSuspended: DiagnoseSection {
    package enum Class: String, Sendable, Hashable {
        /// Its parent failed, and its failure policy is to hold.
        case held
        /// Its parent has ended, but no relay reports that to it.
        case late
        /// Its parent is not in this queue.
        case gone
        /// It waits for nothing.
        case bare
    }

    package struct Item: Sendable, Hashable {
        package var id: JobID
        package var trouble: Class
        package var parent: JobID
        /// The state of the job; nil if it is not in this queue.
        package var state: JobState?
        package var policy: FailurePolicy
    }

    package let words: [String]

    package init(from rank: String) { words = ["suspended", rank] }

    package init(again ids: [JobID]) { words = ["check"] + ids.map(\.text) }

    package func read(_ reply: RedisValue) throws(SluiceError) -> (next: String?, jobs: [Item]) {
        let items = reply[1].rows(of: 5).compactMap { row -> Item? in
            guard let trouble = Class(rawValue: row.text(1)) else { return nil }
            return Item(
                id: row.id(0), trouble: trouble, parent: row.id(2), state: row.state(3),
                policy: FailurePolicy(rawValue: row.text(4)) ?? .cancel)
        }
        let next = reply[0].string ?? "0"
        return (next == "0" ? nil : next, items)
    }
}

/// The whereabouts of jobs that a follower, workflow or batch waits for.
package struct DiagnoseWhereabouts: DiagnoseSection {
    package struct Item: Sendable, Hashable {
        /// The state of the job; nil if it is not in this queue.
        package var state: JobState?
        /// Whether a message about it is, or may be, on its way to the waiting side.
        package var hasMessage: Bool
    }

    package let words: [String]

    /// - Parameter target: the waiting side, as messages name it: `slot.mail`, `workflow.w`.
    package init(_ ids: [JobID], for target: String) { words = ["whereabouts", target] + ids.map(\.text) }

    package func read(_ reply: RedisValue) throws(SluiceError) -> [Item] {
        guard reply.count == 2 * (words.count - 2) else { throw malformed(Self.name) }
        return reply.rows(of: 2).map { Item(state: $0.state(0), hasMessage: $0[1].integer == 1) }
    }
}

/// Whether a queue knows a partition or dependency of that name, from a declared limit or an existing job.
package struct DiagnoseDimension: DiagnoseSection {
    package let words: [String]

    package init(_ name: String) { words = ["dimension", name] }

    package func read(_ reply: RedisValue) throws(SluiceError) -> Bool {
        guard let known = reply.integer else { throw malformed(Self.name) }
        return known == 1
    }
}

/// Batches and workflows that wait for jobs which have not ended.
package struct DiagnoseLinks: DiagnoseSection {
    package struct Item: Sendable, Hashable {
        /// The batch or workflow: `batch.ID` or `workflow.ID`.
        package var target: String
        package var example: JobID
        package var count: Int
    }

    package let words: [String]

    package init(cursor: String) { words = ["links", cursor] }

    package func read(_ reply: RedisValue) throws(SluiceError) -> (next: String?, links: [Item]) {
        let items = reply[1].rows(of: 3).map { Item(target: $0.text(0), example: $0.id(1), count: $0.count(2)) }
        let next = reply[0].string ?? "0"
        return (next == "0" ? nil : next, items)
    }
}

/// The nodes of a workflow that may be stuck: `workflow_view.stuck`. Nil if there is no such workflow.
package struct DiagnoseWorkflow: StoreFunction {
    package static let name = "workflow_stuck"
    package static let isReadOnly = true

    package struct Active: Sendable, Hashable {
        package var node: String
        package var queue: String
        package var job: JobID
    }

    package struct Standing: Sendable, Hashable {
        package var state: String
        /// Number of nodes that wait for a failed one.
        package var held: Int
        package var hasMore: Bool
        /// Suspended nodes whose predecessors have all ended.
        package var over: [String]
        package var active: [Active]
    }

    package init() {}

    package func write(into command: inout RedisCommand) {}

    package func read(_ reply: RedisValue) throws(SluiceError) -> Standing? {
        guard let state = reply[0].string else { return nil }
        let active = reply[4].rows(of: 3).map { Active(node: $0.text(0), queue: $0.text(1), job: $0.id(2)) }
        return Standing(
            state: state, held: reply[1].integer ?? 0, hasMore: reply[2].integer == 1,
            over: reply[3].elements.compactMap(\.string), active: active)
    }
}
