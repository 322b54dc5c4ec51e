import ArgumentParser
import Foundation
import Logging
import SluiceSignals

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Runs a command. An error becomes one line on standard error and an exit status.
@main
enum EntryPoint {
    static func main() async {
        // A write to a closed pipe or a lost Redis has to fail as an error, not end the process.
        signal(SIGPIPE, SIG_IGN)
        StopSignals.quitAtOnce()
        LoggingSystem.bootstrap { _ in WorkerLogHandler(isJSON: false, style: Terminal.errors.style) }
        do {
            try InputText.checkProcess()
            var command = try await SluiceTool.asyncParseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            exit(ExitStatus.done.rawValue)
        } catch {
            let ending = Ending(error)
            if !ending.output.isEmpty { try? Terminal.output.write(ours: ending.output) }
            if !ending.message.isEmpty { Terminal.complain(ending.message) }
            exit(ending.status)
        }
    }
}
