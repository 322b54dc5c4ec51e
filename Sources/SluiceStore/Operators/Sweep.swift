package import Hiredis
package import SluiceCore

/// The filter and the change of a step over many jobs: the arguments of `lua/operators/bulk.lua`.
package struct Sweep: Sendable {
    /// The change of the matching jobs. A delay of a reschedule counts from the first step.
    package var change: JobChange
    package var kind: String?
    /// Parts that the lane must have, such as `account=42`.
    package var parts: [String]
    /// Part of the last error, in any case.
    package var error: String?
    package var age: Duration?

    package init(
        _ change: JobChange, kind: String? = nil, parts: [String] = [], error: String? = nil, age: Duration? = nil
    ) {
        self.change = change
        self.kind = kind
        self.parts = parts
        self.error = error
        self.age = age
    }

    /// The start of a step.
    package struct Place: Sendable {
        package var state: JobState
        /// The cursor that the previous step returned; empty at first.
        package var cursor = ""
        /// The bound that the previous step returned; empty at first.
        package var bound = ""
        /// For available jobs: the lanes to search.
        package var lanes: [String] = []
        /// Number of matches after which to stop; 0 for no bound.
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

    /// The result of a step.
    package struct Reply: Sendable {
        /// The start of the next step; empty at the end.
        package var cursor: String
        package var bound: String
        /// Number of lanes that are finished.
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
        command.append(change.name)
        command.append(change.due?.word ?? "")
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
        let groups = reply[8].rows(of: 4).map { row in
            Group(kind: row.text(0), error: row.text(1), count: row.count(2), example: row.id(3))
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

/// Changes the matching jobs.
package struct ChangeWhere: SweepStep {
    package static let name = "change_where"
    package let sweep: Sweep
    package let place: Sweep.Place

    package init(_ sweep: Sweep, at place: Sweep.Place) { (self.sweep, self.place) = (sweep, place) }
}

/// Counts the matching jobs, and changes nothing.
package struct CountWhere: SweepStep {
    package static let name = "count_where"
    package static let isReadOnly = true
    package let sweep: Sweep
    package let place: Sweep.Place

    package init(_ sweep: Sweep, at place: Sweep.Place) { (self.sweep, self.place) = (sweep, place) }
}

/// Reads a page of the lanes that have runnable jobs.
package struct LanesWhere: StoreFunction {
    package static let name = "lanes_where"
    package static let isReadOnly = true
    /// Maximum number of lanes in a step.
    package static let perStep = 200

    package struct Reply: Sendable {
        /// The start of the next page; nil at the end.
        package var cursor: String?
        package var bound: String
        /// The lanes; some may occur twice.
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
