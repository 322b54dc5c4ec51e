import Foundation
import Sluice
import SluiceCore

/// A process that works with a permit of the semaphore `gpu` again and again, and writes a line at the start and at the end of
/// each closure: `start gpu fence pid`, `end gpu fence pid`, or `cancelled gpu fence pid`; and `CODE gpu 0 pid` for each error.
enum PermitHolder {
    /// Arguments: URL, namespace, log file, limit, lease in ms, ms that the closure takes.
    static func main(_ arguments: [String]) async throws {
        guard arguments.count == 6 else { exit(2) }
        alarm(300)
        let log = try RunLog(path: arguments[2])
        let length = Duration.milliseconds(Int(arguments[5]) ?? 0)
        var options = SluiceClient.Options()
        options.namespace = try Namespace(arguments[1])
        options.patience = .seconds(20)
        let client = try await SluiceClient(.url(arguments[0]), options: options)
        let semaphore = client.semaphore(
            "gpu", limit: Int(arguments[3]) ?? 1, lease: .milliseconds(Int(arguments[4]) ?? 1000))
        while true {
            do {
                try await semaphore.withPermit { permit in
                    log.write("start gpu \(permit.fence)")
                    // What the work takes.
                    let isDone = (try? await ContinuousClock().sleep(for: length)) != nil
                    log.write("\(isDone ? "end" : "cancelled") gpu \(permit.fence)")
                }
            } catch let error as SluiceError {
                log.write("\(error.code.name) gpu 0")
            }
        }
    }
}
