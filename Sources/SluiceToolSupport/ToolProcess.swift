package import ArgumentParser
import Foundation
import Logging

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// How the process of a tool runs and ends.
package enum ToolProcess {
    /// Runs the command that the command line names. What it throws becomes one line on standard error and an exit status.
    package static func run<Root: AsyncParsableCommand>(_ root: Root.Type) async -> Never {
        // A reader that goes away, or a Redis that does, is an error of one write, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        StopSignals.quitAtOnce()
        LoggingSystem.bootstrap { _ in WorkerLogHandler(isJSON: false, style: Terminal.errors.style) }
        do {
            try InputText.checkProcess()
            var command = try await root.asyncParseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            exit(ExitStatus.done.rawValue)
        } catch {
            let ending = Ending(error, of: root)
            if !ending.output.isEmpty { try? Terminal.output.write(ours: ending.output) }
            if !ending.message.isEmpty { Terminal.complain(ending.message, isDrawn: ending.isDrawn) }
            exit(ending.status)
        }
    }
}
