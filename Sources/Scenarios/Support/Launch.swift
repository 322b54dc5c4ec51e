import ArgumentParser
import SluiceToolSupport

/// Long runs, which Ctrl-C ends in order.
package enum Launch {
    /// Does the work, or cancels it on Ctrl-C and lets it clean up.
    package static func interruptibly<Value: Sendable>(
        _ name: String, _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let outcome = await Interruption.heeding { try await work() }
        if outcome.isInterrupted {
            Console.write("\(name): interrupted, nothing is left behind\n", to: 2)
            throw ExitCode(130)
        }
        return try outcome.result.get()
    }
}
