package import Hiredis
package import SluiceCore

/// Changes jobs for an operator, by id: `lua/operators/manage.lua`. At most 1,000 ids in a call.
package struct ChangeJobs: StoreFunction {
    package static let name = "change"
    package static let mostJobs = 1000
    package var change: JobChange
    package var ids: [JobID]

    package init(_ change: JobChange, _ ids: [JobID]) {
        self.change = change
        self.ids = ids
    }

    /// The library has a function for each change.
    package var function: String { change.name }

    package func write(into command: inout RedisCommand) {
        if let due = change.due { command.append(due.word) }
        for id in ids { command.append(id.text) }
    }

    /// The result for each job, in order: the new state, `cancelling` or `deleted`; if nothing changed, `missing` or the present
    /// state.
    package func read(_ reply: RedisValue) throws(SluiceError) -> [String] {
        guard reply.count == 2 * ids.count else { throw malformed(function) }
        return reply.elements.enumerated().compactMap { $0.offset % 2 == 1 ? $0.element.string : nil }
    }
}

extension DueTime {
    /// The due time in the form of the library: ms from now, or `@` and ms since 1970.
    var word: String {
        switch self {
        case .now: "0"
        case .after(let wait): "\(wait.milliseconds)"
        case .at(let date): "@\(Self.milliseconds(date))"
        }
    }
}
