package import Hiredis
package import SluiceCore

/// Changes jobs for an operator, by id: `lua/operators/manage.lua`. At most 1,000 ids in a call.
package struct ChangeJobs<Name: ChangeName>: StoreFunction {
    package static var name: String { Name.name }
    package static var mostJobs: Int { 1000 }
    package var when: DueTime?
    package var ids: [JobID]

    package init(_ ids: [JobID], when: DueTime? = nil) {
        self.ids = ids
        self.when = when
    }

    package func write(into command: inout RedisCommand) {
        if let when { command.append(when.word) }
        for id in ids { command.append(id.text) }
    }

    /// The result for each job, in order: the new state, `cancelling` or `deleted`; if nothing changed, `missing` or the present
    /// state.
    package func read(_ reply: RedisValue) throws(SluiceError) -> [String] {
        guard reply.count == 2 * ids.count else { throw malformed(Self.name) }
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

package protocol ChangeName: Sendable { static var name: String { get } }
package enum CancelName: ChangeName { package static let name = "cancel" }
package enum RetryName: ChangeName { package static let name = "retry" }
package enum DeleteName: ChangeName { package static let name = "delete" }
package enum RescheduleName: ChangeName { package static let name = "reschedule" }

package typealias CancelJobs = ChangeJobs<CancelName>
package typealias RetryJobs = ChangeJobs<RetryName>
package typealias DeleteJobs = ChangeJobs<DeleteName>
package typealias RescheduleJobs = ChangeJobs<RescheduleName>
