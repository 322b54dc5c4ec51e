package import Hiredis
package import SluiceCore

/// What operators do to jobs, by id: `lua/operators/manage.lua`. At most 1,000 ids in a call.
package enum Change: Sendable, Hashable {
    case cancel, retry, delete
    /// Due from now, or at a time in ms since 1970.
    case reschedule(NewJob.Due)
}

/// Applies one change to jobs.
package struct ChangeJobs<Name: ChangeName>: StoreFunction {
    package static var name: String { Name.name }
    package static var mostJobs: Int { 1000 }
    package var when: NewJob.Due?
    package var ids: [JobID]

    package init(_ ids: [JobID], when: NewJob.Due? = nil) {
        self.ids = ids
        self.when = when
    }

    package func write(into command: inout RedisCommand) {
        switch when {
        case .after(let wait): command.append(wait.milliseconds)
        case .at(let time): command.append("@\(max(time, 0))")
        case nil: break
        }
        for id in ids { command.append(id.text) }
    }

    /// What became of each, in order: the new state, `cancelling`, `deleted`; or why not: `missing`, or the state it is in.
    package func read(_ reply: RedisValue) throws(SluiceError) -> [String] {
        guard reply.count == 2 * ids.count else { throw malformed(Self.name) }
        return reply.elements.enumerated().compactMap { $0.offset % 2 == 1 ? $0.element.string : nil }
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
