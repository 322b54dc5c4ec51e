import Foundation
import ScenarioSupport
import SluiceWorker

/// The worker processes of a cell.
struct Crew {
    private let arguments: [String]
    private(set) var workers: [WorkerProcess] = []

    /// - Parameter log: the file that they write to.
    init(_ cell: Cell, _ scale: Scale, url: String, log: String, goesByOwnCount: Bool) {
        arguments =
            ["--url", url, "--log", log, "--ack", cell.ack.rawValue, "--limits", cell.limits.rawValue, "--scale", scale.name]
            + (goesByOwnCount ? ["--cached"] : [])
    }

    /// Starts a worker under a host name.
    mutating func hire(_ host: String) async throws {
        workers.append(try await WorkerProcess(host: host, arguments: arguments))
    }

    func worker(_ pid: Int32) -> WorkerProcess? { workers.first { $0.pid == pid } }

    /// Kills a worker, and starts another one under the same host name. Returns when the first was gone.
    mutating func replace(_ worker: WorkerProcess) async throws -> Int {
        await worker.killAndWait()
        let time = RunLine.now()
        workers.removeAll { $0.pid == worker.pid }
        try await hire(worker.host)
        return time
    }

    /// Asks all to stop. Returns what did not end in order.
    mutating func dismiss() async -> [String] {
        var left: [String] = []
        await withTaskGroup(of: String?.self) { group in
            for worker in workers {
                group.addTask { await worker.stop() ? nil : "worker \(worker.host) did not end in order" }
            }
            for await complaint in group { if let complaint { left.append(complaint) } }
        }
        workers = []
        return left
    }

    /// Ends all at once.
    mutating func end() async {
        for worker in workers { await worker.killAndWait() }
        workers = []
    }
}
