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
    /// Runs the command that the command line names. What it throws becomes lines on standard error and an exit status.
    /// - Parameter scope: Which settings of a file are for this program; nil for a program that reads none.
    package static func run<Root: AsyncParsableCommand>(_ root: Root.Type, settings scope: SettingsScope? = nil) async -> Never {
        // A reader that goes away, or a Redis that does, is an error of one write, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        StopSignals.quitAtOnce()
        LoggingSystem.bootstrap { WorkerLogHandler(label: $0, style: Terminal.errors.style) }
        var settings: ToolSettings?
        do {
            try InputText.checkProcess()
            if let scope { settings = try ToolSettings(Array(CommandLine.arguments.dropFirst()), of: root, scope) }
            if let settings, settings.isTrial {
                try await SettingsTrial.run(root, settings)
                exit(ExitStatus.done.rawValue)
            }
            var command = try await root.asyncParseAsRoot(settings?.words)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            exit(ExitStatus.done.rawValue)
        } catch {
            exit(tell(error, of: root, settings))
        }
    }

    /// Says what a program ended with, and returns its exit status.
    private static func tell(_ error: any Error, of root: any ParsableCommand.Type, _ settings: ToolSettings?) -> Int32 {
        if let findings = error as? Findings {
            let statuses = findings.errors.map { tell($0, of: root, settings) }
            // What can be mended in the file comes before what cannot be reached.
            return statuses.contains(ExitStatus.usage.rawValue) ? ExitStatus.usage.rawValue : statuses.max() ?? 1
        }
        let ending = Ending(error, of: root)
        if !ending.output.isEmpty { try? Terminal.output.write(ours: ending.output) }
        let place = settings?.place(of: ending.message).map { "\($0): " } ?? ""
        if !ending.message.isEmpty { Terminal.complain(place + ending.message, isDrawn: ending.isDrawn) }
        return ending.status
    }
}
