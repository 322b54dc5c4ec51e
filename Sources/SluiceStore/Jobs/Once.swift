package import Hiredis
package import SluiceCore

/// A step that a job does once over all its runs: `lua/jobs/once.lua`. Fails with `fenced` when the run is over, and with
/// `payloadTooLarge` when the steps of the job would take more than `largest` bytes.
package struct Once: StoreFunction {
    package static let name = "once"

    /// Maximum size of the steps of one job, in bytes.
    package static let largest = 262_144

    package struct Reply: Sendable, Equatable {
        /// The token of the step.
        package var token: String
        /// Its result as JSON, if it has ended.
        package var result: [UInt8]?
    }

    package var worker: WorkerID
    package var id: JobID
    package var fence: Fence
    /// The name of the step: 1 to 128 printable ASCII characters without space.
    package var key: String
    /// The token for a step that has none.
    package var token: String
    /// Its result as JSON, if it has ended.
    package var result: [UInt8]?

    package init(worker: WorkerID, id: JobID, fence: Fence, key: String, token: String, result: [UInt8]? = nil) {
        self.worker = worker
        self.id = id
        self.fence = fence
        self.key = key
        self.token = token
        self.result = result
    }

    package var size: (arguments: Int, bytes: Int) { (6, 320 + (result?.count ?? 0)) }

    package func write(into command: inout RedisCommand) {
        command.append(worker.text)
        command.append(id.text)
        command.append(fence.description)
        command.append(key)
        command.append(token)
        if let result { command.append(contentsOf: result) }
    }

    package func read(_ reply: RedisValue) throws(SluiceError) -> Reply {
        guard let token = reply[0].string else { throw malformed(Self.name) }
        return Reply(token: token, result: reply[1].bytes)
    }
}
