import Logging
import SluiceCore
import SluiceStore

/// The limits that one worker declares for a queue, and what it knows of those that stand. What others declare is told of, and
/// nothing is done about it: which of two declarations stands is decided in Redis, by their deploys.
struct Declaration: Sendable {
    /// What is told when two workers of a queue differ.
    enum Difference: Sendable, Equatable {
        /// Other limits than this worker's stand.
        case overruled
        /// This worker's limits stand, and another one declared something else.
        case contradicted
    }

    private let queue: QueueName
    private let deploy: Int
    private let limits: [Limit]
    /// The version of the declared limits that this worker has looked at.
    private var seen = 0

    /// - Throws: `invalidArgument` for limits that make no sense.
    init(_ queue: Queue) throws(SluiceError) {
        guard (0...Self.highestDeploy).contains(queue.deploy) else {
            throw SluiceError(.invalidArgument, "the number of a deploy is 0 to \(Self.highestDeploy), not \(queue.deploy)")
        }
        self.queue = queue.name
        self.deploy = queue.deploy
        do throws(SluiceError) {
            self.limits = try queue.limits.checked()
        } catch {
            throw SluiceError(error.code, "queue \(queue.name): \(error.message)")
        }
    }

    /// Beyond it, numbers lose digits in the library.
    private static let highestDeploy = 1_000_000_000_000_000

    /// Declares them. Whatever stands afterwards is what claims keep to.
    mutating func declare(_ store: Store, _ logger: Logger) async throws(SluiceError) {
        let reply = try await store.call(Declare(deploy: deploy, limits: limits), on: queue)
        seen = reply.declared
        switch reply.result {
        case .same: break
        case .taken: logger.info("the limits of this worker stand now", metadata: metadata(deploy: reply.deploy))
        case .kept: warn(.overruled, deploy: reply.deploy, logger)
        }
    }

    /// Whether somebody has declared something since.
    func isOutdated(by version: Int) -> Bool { version != seen }

    /// Looks at what stands, and warns once for each version. Never throws: limits are kept to in Redis, not here.
    mutating func look(_ store: Store, _ logger: Logger) async {
        do throws(SluiceError) {
            let reply = try await store.call(Limits(), on: queue)
            // A version that falls is of a server that has lost its data: nobody declares anew but workers that start.
            if reply.declaredVersion < seen { return try await declare(store, logger) }
            // Another worker may have put it right meanwhile.
            if reply.declaredVersion == seen { return }
            seen = reply.declaredVersion
            warn(difference(from: reply.declared), deploy: reply.deploy, logger)
        } catch {
            logger.debug("cannot read the limits", metadata: ["queue": "\(queue)", "error": "\(error)"])
        }
    }

    func difference(from standing: [Limit]) -> Difference {
        standing.sorted { $0.name < $1.name } == limits ? .contradicted : .overruled
    }

    private func warn(_ difference: Difference, deploy: Int, _ logger: Logger) {
        let message: Logger.Message =
            switch difference {
            case .overruled: "other limits than this worker's stand, declared by another"
            case .contradicted: "another worker declares other limits than those of this worker, which stand"
            }
        logger.warning(message, metadata: metadata(deploy: deploy))
    }

    private func metadata(deploy standing: Int) -> Logger.Metadata {
        ["queue": "\(queue)", "deploy": "\(deploy)", "standing-deploy": "\(standing)"]
    }
}
