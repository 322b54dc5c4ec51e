import ArgumentParser
import Foundation
import Logging

/// Runs a command, and turns what it threw into an exit status: 1 if a check failed or something broke, 2 for a command line that
/// makes no sense.
@main
enum EntryPoint {
    static func main() async {
        // A reader that goes away, or a Redis that does, is an error of one write, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
        do {
            var command = try await PipelinesCommand.asyncParseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            exit(0)
        } catch let code as ExitCode {
            exit(code.rawValue)
        } catch {
            let isUsage = PipelinesCommand.exitCode(for: error) == .validationFailure
            let isHelp = PipelinesCommand.exitCode(for: error) == .success
            Console.write(PipelinesCommand.fullMessage(for: error) + "\n", to: isHelp ? 1 : 2)
            exit(isHelp ? 0 : isUsage ? 2 : 1)
        }
    }
}
