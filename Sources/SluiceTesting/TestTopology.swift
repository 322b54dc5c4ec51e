import Foundation

/// What the suites of a test process share: one server, or a cluster of three primaries. `SLUICE_TEST_TOPOLOGY` chooses.
package enum TestTopology: String, Sendable {
    case server, cluster

    /// - Throws: ``RedisTestServerError`` for a word that is none of the two, so that a typing error does not test the other one.
    package static func chosen() throws -> TestTopology {
        guard let word = ProcessInfo.processInfo.environment["SLUICE_TEST_TOPOLOGY"], !word.isEmpty else { return .server }
        guard let topology = TestTopology(rawValue: word) else {
            throw RedisTestServerError("SLUICE_TEST_TOPOLOGY is '\(word)', but can only be server or cluster")
        }
        return topology
    }

    package static var isCluster: Bool { (try? chosen()) == .cluster }
}
