import Hiredis
package import SluiceCore
package import SluiceStore

extension Store {
    /// Whether the queues lie on the primaries of a cluster.
    package var isCluster: Bool {
        if case .cluster = configuration.topology { return true }
        return false
    }

    /// The address of the node that has a queue; nil without a cluster.
    package func nodeInCluster(of queue: QueueName) async throws(SluiceError) -> String? {
        isCluster ? try await node(of: queue) : nil
    }
}
