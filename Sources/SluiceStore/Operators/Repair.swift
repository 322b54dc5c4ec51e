package import Hiredis
package import SluiceCore

/// A page of findings about the data of a queue, with their repairs: `lua/operators/repair.lua`.
package struct RepairPage: Sendable {
    /// The start of the next page; nil at the end.
    package var cursor: String?
    package var checked: Int
    /// The findings. The cure is empty if none is safe.
    package var findings: [(invariant: String, what: String, cure: String)]

    fileprivate init(_ reply: RedisValue, _ function: String) throws(SluiceError) {
        guard let next = reply[0].string, let checked = reply[1].integer else { throw malformed(function) }
        self.cursor = next == "0" ? nil : next
        self.checked = checked
        self.findings = reply[2].rows(of: 3).map { ($0.text(0), $0.text(1), $0.text(2)) }
    }
}

/// Finds what a repair would do, and changes nothing.
package struct PlanRepair: StoreFunction {
    package static let name = "repair_plan"
    package static let isReadOnly = true
    package var cursor: String

    package init(cursor: String = "") { self.cursor = cursor }

    package func write(into command: inout RedisCommand) { command.append(cursor) }

    package func read(_ reply: RedisValue) throws(SluiceError) -> RepairPage { try RepairPage(reply, Self.name) }
}

/// Repairs the findings of a page, in the call that finds them.
package struct MakeRepair: StoreFunction {
    package static let name = "repair"
    package var cursor: String

    package init(cursor: String = "") { self.cursor = cursor }

    package func write(into command: inout RedisCommand) { command.append(cursor) }

    package func read(_ reply: RedisValue) throws(SluiceError) -> RepairPage { try RepairPage(reply, Self.name) }
}
