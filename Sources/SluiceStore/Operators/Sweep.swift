package import Hiredis
package import SluiceCore

/// What a step over many jobs looks for, and what it does to them: the arguments of `lua/operators/bulk.lua`.
package struct Sweep: Sendable {
    /// What becomes of the jobs.
    package enum Action: String, Sendable {
        case cancel, retry, delete, reschedule
    }

    package var action: Action
    /// For `reschedule`: from the first step, or a moment.
    package var due: DueTime?
    package var kind: String?
    /// Parts that the lane has, such as `account=42`.
    package var parts: [String]
    /// Part of the last error, lower case and upper case alike.
    package var error: String?
    package var age: Duration?

    package init(
        _ action: Action, due: DueTime? = nil, kind: String? = nil, parts: [String] = [], error: String? = nil,
        age: Duration? = nil
    ) {
        self.action = action
        self.due = due
        self.kind = kind
        self.parts = parts
        self.error = error
        self.age = age
    }

    /// Where a step begins.
    package struct Place: Sendable {
        package var state: JobState
        /// As the step before told it; empty at first.
        package var cursor = ""
        /// Likewise.
        package var bound = ""
        /// For available jobs: the lanes to go through.
        package var lanes: [String] = []
        /// Matches after which to stop; 0 for no end.
        package var most = 0

        package init(_ state: JobState) { self.state = state }
    }

    /// Jobs of one kind with the same last error.
    package struct Group: Sendable {
        package var kind: String
        package var error: String
        package var count: Int
        package var example: JobID
    }

    /// What a step came to.
    package struct Reply: Sendable {
        /// Where the next step begins; empty at the end.
        package var cursor: String
        package var bound: String
        /// How many of the lanes are done with.
        package var lanes: Int
        package var looked: Int
        package var matched: Int
        package var changed: Int
        package var cancelling: Int
        package var refused: Int
        /// When counting: the jobs that matched.
        package var groups: [Group]

        package init(
            cursor: String = "", bound: String = "", lanes: Int = 0, looked: Int = 0, matched: Int = 0, changed: Int = 0,
            cancelling: Int = 0, refused: Int = 0, groups: [Group] = []
        ) {
            self.cursor = cursor
            self.bound = bound
            self.lanes = lanes
            self.looked = looked
            self.matched = matched
            self.changed = changed
            self.cancelling = cancelling
            self.refused = refused
            self.groups = groups
        }
    }

    fileprivate func write(_ place: Place, into command: inout RedisCommand) {
        command.append(action.rawValue)
        command.append(due?.word ?? "")
        command.append(place.state.rawValue)
        command.append(place.cursor)
        command.append(place.bound)
        command.append(place.most)
        var conditions = parts.map { ("part", $0) }
        if let kind { conditions.append(("kind", kind)) }
        if let error { conditions.append(("error", error)) }
        if let age { conditions.append(("age", "\(age.milliseconds)")) }
        command.append(conditions.count)
        for (name, value) in conditions {
            command.append(name)
            command.append(value)
        }
        for lane in place.lanes { command.append(lane) }
    }

    fileprivate static func read(_ reply: RedisValue, _ function: String) throws(SluiceError) -> Reply {
        guard reply.count == 9, let cursor = reply[0].string, let bound = reply[1].string else { throw malformed(function) }
        let numbers = (2..<8).map { reply[$0].integer ?? 0 }
        let flat = Array(reply[8].elements)
        let groups = stride(from: 0, to: flat.count - flat.count % 4, by: 4).map { at in
            Group(
                kind: flat[at].string ?? "", error: flat[at + 1].string ?? "", count: flat[at + 2].integer ?? 0,
                example: JobID(known: flat[at + 3].string ?? ""))
        }
        return Reply(
            cursor: cursor, bound: bound, lanes: numbers[0], looked: numbers[1], matched: numbers[2], changed: numbers[3],
            cancelling: numbers[4], refused: numbers[5], groups: groups)
    }
}

/// One step through the jobs of one state: `lua/operators/bulk.lua`.
package protocol SweepStep: StoreFunction {
    var sweep: Sweep { get }
    var place: Sweep.Place { get }
}

extension SweepStep {
    package func write(into command: inout RedisCommand) { sweep.write(place, into: &command) }

    package func read(_ reply: RedisValue) throws(SluiceError) -> Sweep.Reply { try Sweep.read(reply, Self.name) }
}

/// One that changes those that match.
package struct ChangeWhere: SweepStep {
    package static let name = "change_where"
    package let sweep: Sweep
    package let place: Sweep.Place

    package init(_ sweep: Sweep, at place: Sweep.Place) { (self.sweep, self.place) = (sweep, place) }
}

/// One that counts them, and changes nothing.
package struct CountWhere: SweepStep {
    package static let name = "count_where"
    package static let isReadOnly = true
    package let sweep: Sweep
    package let place: Sweep.Place

    package init(_ sweep: Sweep, at place: Sweep.Place) { (self.sweep, self.place) = (sweep, place) }
}

/// A page of the lanes that have runnable jobs.
package struct LanesWhere: StoreFunction {
    package static let name = "lanes_where"
    package static let isReadOnly = true
    /// Lanes that a step takes at most.
    package static let perStep = 200

    package struct Reply: Sendable {
        /// Where to go on; nil at the end.
        package var cursor: String?
        package var bound: String
        /// Some may come twice.
        package var lanes: [String]
    }

    package var cursor: String
    package var parts: [String]

    package init(cursor: String = "0", parts: [String] = []) {
        self.cursor = cursor
        self.parts = parts
    }

    package func write(into command: inout RedisCommand) {
        command.append(cursor)
        for part in parts { command.append(part) }
    }

    package func read(_ reply: RedisValue) throws(SluiceError) -> Reply {
        guard let next = reply[0].string, let bound = reply[1].string else { throw malformed(Self.name) }
        return Reply(cursor: next == "0" ? nil : next, bound: bound, lanes: reply[2].elements.compactMap(\.string))
    }
}
