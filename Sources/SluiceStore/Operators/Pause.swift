package import Hiredis
package import SluiceCore

/// Pauses a queue: no job is claimed until it is resumed; running jobs go on: `lua/operators/manage.lua`.
package struct Pause: StoreFunction {
    package static let name = "pause"
    package var reason: String
    /// Whether the queue may be one that is first used later. Else the call is refused for one that is not there.
    package var mayBeNew: Bool

    package init(reason: String, mayBeNew: Bool = false) {
        self.reason = reason
        self.mayBeNew = mayBeNew
    }

    package func write(into command: inout RedisCommand) {
        command.append(reason)
        if mayBeNew { command.append("new") }
    }

    /// False if it was paused already.
    package func read(_ reply: RedisValue) throws(SluiceError) -> Bool { reply.integer == 1 }
}

/// Resumes a paused queue.
package struct Resume: StoreFunction {
    package static let name = "resume"

    package init() {}

    package func write(into command: inout RedisCommand) {}

    /// False if it was not paused.
    package func read(_ reply: RedisValue) throws(SluiceError) -> Bool { reply.integer == 1 }
}

/// Stores the settings that the code of a queue declares: `lua/operators/manage.lua`.
package struct Configure: StoreFunction {
    package static let name = "configure"
    package var values: [String: String]

    package init(_ values: [String: String]) { self.values = values }

    package func write(into command: inout RedisCommand) {
        for (name, value) in values.sorted(by: { $0.key < $1.key }) {
            command.append(name)
            command.append(value)
        }
    }

    package func read(_ reply: RedisValue) throws(SluiceError) {}
}

/// Reports the progress of a run, for display: `lua/jobs/progress.lua`. Fails with `fenced` when the run is over.
package struct Progress: StoreFunction {
    package static let name = "progress"
    package var worker: WorkerID
    package var id: JobID
    package var fence: Fence
    /// The completed fraction, 0 to 1.
    package var fraction: Double
    package var note: String

    package init(worker: WorkerID, id: JobID, fence: Fence, fraction: Double, note: String) {
        self.worker = worker
        self.id = id
        self.fence = fence
        self.fraction = fraction
        self.note = note
    }

    package func write(into command: inout RedisCommand) {
        command.append(worker.text)
        command.append(id.text)
        command.append(fence.description)
        command.append("\(min(max(fraction.isFinite ? fraction : 0, 0), 1))")
        command.append(JSONText.quoted(note))
    }

    package func read(_ reply: RedisValue) throws(SluiceError) {}
}
