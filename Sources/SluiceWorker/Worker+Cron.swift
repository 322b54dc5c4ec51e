import Logging
import Sluice
import SluiceCore
import SluiceStore

extension Worker {
    /// Declares the cron entries of the queue before any job is claimed. If Redis is full, an entry is left out with a warning,
    /// since workers have to drain the server first.
    func declareCron(of queue: Queue) async throws(SluiceError) {
        for cron in queue.cron {
            let metadata: Logger.Metadata = ["queue": "\(queue.name)", "entry": "\(cron.name)"]
            do throws(SluiceError) {
                switch try await client.crontab(of: queue.name).put(cron, deploy: queue.deploy) {
                case .added, .changed: logger.info("a cron entry of this worker stands now", metadata: metadata)
                case .kept:
                    logger.warning("another cron entry than this worker's stands, of a higher deploy", metadata: metadata)
                case .same, .declared: break
                }
            } catch {
                guard error.code == .outOfMemory else { throw error }
                logger.warning("Redis is full: a cron entry was not declared", metadata: metadata)
            }
        }
    }
}
