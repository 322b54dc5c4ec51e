import Foundation
import TestSupport
import Testing

/// A worker in a process of its own, to be sent signals.
struct WorkerProcess: Sendable {
    private let child: ChildProcess

    /// - Parameter starter: A command in front of it that becomes the worker.
    init(arguments: [String], through starter: [String] = []) async throws {
        child = try await ChildProcess("FaultWorker", arguments, through: starter)
    }

    var pid: Int32 { child.pid }

    func signal(_ number: Int32) { #expect(child.send(number)) }

    /// Ends it at once, and returns when it is gone.
    func killAndWait() async { #expect(await child.killAndWait()) }

    /// Asks it to stop, and returns whether it ended with exit status 0.
    func stop() async -> Bool {
        signal(SIGTERM)
        return await child.hasEndedWell()
    }
}
