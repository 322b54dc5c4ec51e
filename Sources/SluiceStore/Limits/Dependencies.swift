package import Hiredis
package import SluiceCore

/// Switches a dependency off or on for the jobs of a queue: `lua/limits/overrides.lua`.
package struct Switch: StoreFunction {
    package static let name = "switch"
    package var dependency: String
    package var isOn: Bool
    /// Whether the queue may be one that is first used later. Else the call is refused for one that is not there.
    package var mayBeNew: Bool

    package init(_ dependency: String, isOn: Bool, mayBeNew: Bool = false) {
        self.dependency = dependency
        self.isOn = isOn
        self.mayBeNew = mayBeNew
    }

    package func write(into command: inout RedisCommand) {
        command.append(dependency)
        command.append(isOn ? "on" : "off")
        if mayBeNew { command.append("new") }
    }

    /// False if it was in this state already.
    package func read(_ reply: RedisValue) throws(SluiceError) -> Bool { reply.integer == 1 }
}

/// Reads the dependencies of a queue's jobs and their states: `lua/limits/limits_list.lua`.
package struct Dependencies: StoreFunction {
    package static let name = "dependencies"
    package static let isReadOnly = true

    package struct Item: Sendable, Hashable {
        package var name: String
        package var isOn: Bool
        /// Time at which it was switched off, in ms since 1970.
        package var offSince: Int?
        package var breaker: BreakerState?
        /// Time at which the breaker has cooled, in ms since 1970.
        package var openUntil: Int?
        /// Number of running jobs that need it.
        package var running: Int
        /// Number of lanes parked at its gate.
        package var lanes: Int
    }

    package init() {}

    package func write(into command: inout RedisCommand) {}

    package func read(_ reply: RedisValue) throws(SluiceError) -> [Item] {
        guard reply.kind == .array else { throw malformed(Self.name) }
        return reply.elements.compactMap { row in
            guard row.count >= 7, let name = row[0].string else { return nil }
            return Item(
                name: name, isOn: row[1].string != "off", offSince: moment(row[2]),
                breaker: row[3].string.flatMap(BreakerState.init(rawValue:)), openUntil: moment(row[4]),
                running: row[5].integer ?? 0, lanes: row[6].integer ?? 0)
        }
    }

    private func moment(_ reply: RedisValue) -> Int? { reply.integer.flatMap { $0 > 0 ? $0 : nil } }
}
