import Hiredis
import Logging
import NIOCore
package import SluiceCore

/// Waits for the end of a workflow on a connection of its own, because a blocking command holds its connection up.
package final class WorkflowListener: Sendable {
    /// Whom the workflow tells.
    package let client: String
    private let connection: RedisClient
    private let keys: Keys

    init(_ configuration: RedisConfiguration, keys: Keys, client: String, on eventLoop: any EventLoop, logger: Logger) {
        self.connection = RedisClient(configuration, eventLoop: eventLoop, logger: logger)
        self.keys = keys
        self.client = client
    }

    /// Returns when the workflow has ended, or after `limit`. What was told when this fails is lost, so ask again then.
    package func next(of workflow: String, within limit: Duration) async throws(SluiceError) -> Bool {
        let key = keys.inbox(ofWorkflow: workflow, client: client)
        do {
            let command: RedisCommand = ["BLPOP", key, "\(max(limit.seconds, 0.05))"]
            return try await !connection.sendBlocking(command, blockFor: limit).root.isNull
        } catch {
            throw SluiceError(error)
        }
    }

    package func close() async { await connection.close() }
}

extension Store {
    /// A connection of its own on which a client hears of the end of a workflow.
    package func workflowListener(client: String) -> WorkflowListener {
        WorkflowListener(configuration, keys: keys, client: client, on: eventLoop, logger: logger)
    }
}
