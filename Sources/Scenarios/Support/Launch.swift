package import ArgumentParser
import Foundation
import Logging
import SluiceToolSupport

/// How the commands of examples are run and ended.
package enum Launch {
    /// Runs a command, and turns what it threw into an exit status: 1 if a check failed or something broke, 2 for a command line
    /// that makes no sense.
    package static func run<Command: AsyncParsableCommand>(_ type: Command.Type) async -> Never {
        // A reader that goes away, or a Redis that does, is an error of one write, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
        do {
            var command = try await type.asyncParseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            exit(0)
        } catch let code as ExitCode {
            exit(code.rawValue)
        } catch {
            let isUsage = type.exitCode(for: error) == .validationFailure
            let isHelp = type.exitCode(for: error) == .success
            Console.write(type.fullMessage(for: error) + "\n", to: isHelp ? 1 : 2)
            exit(isHelp ? 0 : isUsage ? 2 : 1)
        }
    }

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
