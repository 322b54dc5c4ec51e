import Logging
import SluiceCore
import SluiceStore

/// The limits that one worker declares for a queue, compared with the limits in force. Differences are logged only: Redis decides
/// by deploy number which declaration is in force.
struct Declaration: Sendable {
    /// A difference between the declarations of two workers, for the log.
    enum Difference: Sendable, Equatable {
        /// Limits of another worker are in force.
        case overruled
        /// This worker's limits are in force, and another worker declared different ones.
        case contradicted
    }

    private let queue: QueueName
    private let deploy: Int
    private let limits: [Limit]
    /// The last version of the declared limits that this worker has seen.
    private var seen = 0

    /// - Throws: `invalidArgument` for limits or a deploy number that are not valid.
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

    /// Higher numbers would lose digits in the library.
    private static let highestDeploy = 1_000_000_000_000_000

    /// Declares the limits. Claims keep to the limits that are in force afterwards.
    mutating func declare(_ store: Store, _ logger: Logger) async throws(SluiceError) {
        let reply = try await store.call(Declare(deploy: deploy, limits: limits), on: queue)
        seen = reply.declared
        switch reply.result {
        case .same: break
        case .taken: logger.info("the limits of this worker are in force", metadata: metadata(deploy: reply.deploy))
        case .kept: warn(.overruled, deploy: reply.deploy, logger)
        }
    }

    /// Whether a worker has declared other limits since.
    func isOutdated(by version: Int) -> Bool { version != seen }

    /// Reads the limits in force, and warns once per version. Never throws: Redis enforces the limits, not the worker.
    mutating func look(_ store: Store, _ logger: Logger) async {
        do throws(SluiceError) {
            let reply = try await store.call(Limits(), on: queue)
            // The version falls if the server has lost its data. Only a starting worker would declare again, so this one does.
            if reply.declaredVersion < seen { return try await declare(store, logger) }
            // Another worker may have declared the limits again.
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
