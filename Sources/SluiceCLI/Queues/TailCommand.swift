import ArgumentParser
import SluiceCore
import SluiceInspector
import SluiceToolSupport

struct TailCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail", abstract: "Follow what happens: one line for each batch of jobs that changes its state.",
        discussion:
            "Without a queue, it also follows queues that are first used meanwhile. It ends with Ctrl-C, or when its output is closed."
    )

    @OptionGroup var global: GlobalOptions

    @OptionGroup var scope: ScopeArgument

    func run() async throws {
        try await global.withInspector { inspector in
            let transitions = try await inspector.transitions(of: try await scope.used(inspector))
            let printsJSON = global.json
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await Self.show(transitions, on: .output, asJSON: printsJSON) }
                group.addTask { try await Self.waitUntilClosed(.output) }
                defer { group.cancelAll() }
                try await group.next()
            }
        }
    }

    private static func show(_ transitions: Transitions, on terminal: Terminal, asJSON: Bool) async throws {
        for try await transition in transitions {
            if asJSON {
                try terminal.json(transition.json)
            } else {
                try terminal.line(TransitionText.line(transition, width: terminal.width, style: terminal.style))
            }
        }
    }

    /// Ends the command if the reader leaves while there are no transitions.
    private static func waitUntilClosed(_ terminal: Terminal) async throws {
        while !terminal.isClosed { try await Task.sleep(for: .milliseconds(500)) }
        throw OutputClosed()
    }
}
