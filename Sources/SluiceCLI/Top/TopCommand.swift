import ArgumentParser
import SluiceCore
import SluiceInspector
import SluiceToolSupport
import UnixSignals

struct TopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top", abstract: "Watch the queues: what waits, runs and fails, and what holds it.",
        discussion: """
            s and S choose the column to sort by, r reverses, arrows or j and k select a queue, p pauses or resumes it after a \
            question, e explains why its oldest waiting job does not run, q ends. IN/M, OUT/M and FAIL/M are jobs enqueued, jobs \
            completed and attempts failed a minute. LATER counts jobs that wait for a time or for something else.

            Without a terminal, or with --once or --json, it prints the numbers once. It looks at 500 queues at most.
            """)

    @OptionGroup var global: GlobalOptions

    @Argument(help: "The queues. Default: all.", completion: QueueNames.completion, transform: { try QueueName($0) })
    var queues: [QueueName] = []

    @Option(
        help: ArgumentHelp("The time between two looks, 500ms to 1h.", valueName: "duration"),
        transform: { try DurationText.parse($0) })
    var interval: Duration = .seconds(2)

    @Flag(help: "Print the numbers once.")
    var once = false

    func validate() throws {
        if interval < .milliseconds(500) || interval > .seconds(3600) { throw ValidationError("--interval is 500ms to 1h") }
    }

    func run() async throws {
        try await global.withInspector { inspector in
            for queue in queues { try await inspector.requireUsed(queue) }
            var reader = TopReader(inspector, queues.uniqued)
            let first = try await reader.read()
            guard !once, !global.json, FullScreen.isPossible else { return try show(first) }
            let session = TopSession(inspector: inspector, interval: interval)
            let outcome = await Interruption.heeding(StopSignals.all + [.sigquit]) { [reader] in
                try await session.run(reader, from: first)
            }
            try outcome.result.get()
            if outcome.isInterrupted { throw ExitCode(130) }
        }
    }

    private func show(_ snapshot: TopSnapshot) throws {
        let terminal = Terminal.output
        if global.json { return try terminal.json(snapshot.json) }
        try terminal.lines(TopText.lines(snapshot, width: terminal.width, style: terminal.style))
    }
}
