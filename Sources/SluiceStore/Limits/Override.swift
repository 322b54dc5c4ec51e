package import Hiredis
package import SluiceCore

/// Overrides a declared limit with an operator's value, for a time or until it is lifted: `lua/limits/overrides.lua`.
package struct Override: StoreFunction {
    package static let name = "override"
    package var limit: LimitName
    package var value: LimitValue
    /// The duration of the override; nil for no end.
    package var span: Duration?
    /// Whether the queue may be one that is first used later. Else the call is refused for one that is not there.
    package var mayBeNew: Bool

    package init(_ limit: LimitName, _ value: LimitValue, for span: Duration? = nil, mayBeNew: Bool = false) {
        self.limit = limit
        self.value = value
        self.span = span
        self.mayBeNew = mayBeNew
    }

    package func write(into command: inout RedisCommand) {
        command.append(limit.text)
        command.append(value.text)
        // None would be no end.
        if span != nil || mayBeNew { command.append(span.map { max($0.milliseconds, 1) } ?? 0) }
        if mayBeNew { command.append("new") }
    }

    package func read(_ reply: RedisValue) throws(SluiceError) {}
}

/// Lifts an override: the declared limit applies again.
package struct Restore: StoreFunction {
    package static let name = "restore"
    package var limit: LimitName

    package init(_ limit: LimitName) { self.limit = limit }

    package func write(into command: inout RedisCommand) { command.append(limit.text) }

    /// False if there was no override.
    package func read(_ reply: RedisValue) throws(SluiceError) -> Bool { reply.integer == 1 }
}
