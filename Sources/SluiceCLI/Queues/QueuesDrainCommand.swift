import ArgumentParser
import SluiceCore
import SluiceInspector
import SluiceToolSupport

struct QueuesDrainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain", abstract: "Wait until the jobs of a queue are done. Exit status 1 if they are not in time.",
        discussion: """
            Waits for what is available, executing or retryable; jobs that are due later or wait for others are left out, \
            except with --all. Removes nothing (see: sluice jobs purge) and does not stop producers. Before \
            maintenance: sluice queues pause QUEUE; sluice queues drain QUEUE --running
            """)

    @OptionGroup var global: GlobalOptions

    @OptionGroup var target: QueueArgument

    @Flag(help: "Wait for all jobs that have not ended.")
    var all = false

    @Flag(help: "Wait only for the jobs that run.")
    var running = false

    @Option(help: "Wait no longer than this: 30s, 10m.", transform: { try DurationText.parse($0) })
    var timeout: Duration?

    func validate() throws {
        if all, running { throw ValidationError("--all and --running exclude each other") }
    }

    private var scope: DrainScope { running ? .running : all ? .all : .ready }

    func run() async throws {
        let queue = target.queue
        try await global.withInspector { inspector in
            try await inspector.requireUsed(queue)
            let status = try await inspector.status(of: queue)
            let scope = scope
            if scope.isStoppedByPause, let pause = status.pause {
                let reason = pause.reason.isEmpty ? "" : " (\(HumanText.visible(pause.reason)))"
                throw Failure(
                    "\(queue) is paused\(reason), so its jobs do not start: resume it, or wait for what runs with --running")
            }
            let (isDrained, left) = try await Interruption.heeding { () async throws -> (Bool, Int) in
                var line = DrainLine(queue, scope)
                let isDrained = try await inspector.drain(queue, of: scope.states, timeout: timeout) { line.show($0) }
                line.clear()
                return (isDrained, line.left)
            }.result.get()
            if global.json {
                try Terminal.output.json([
                    "queue": .string(queue.text), "drained": .bool(isDrained), "left": .integer(left),
                ])
            } else {
                try Terminal.output.line(
                    isDrained ? "\(queue) is drained" : "\(queue) is not drained: \(HumanText.count(left, "job")) left")
            }
            if !isDrained { throw ExitCode.no }
        }
    }
}

/// Shows the number of remaining jobs on standard error: redrawn in place on a terminal, elsewhere as a line every few seconds.
private struct DrainLine {
    private let queue: QueueName
    private let scope: DrainScope
    private let terminal = Terminal.errors
    private var last = ContinuousClock.now
    private var isShown = false
    /// The number from the last look.
    private(set) var left = 0

    init(_ queue: QueueName, _ scope: DrainScope) {
        self.queue = queue
        self.scope = scope
    }

    mutating func show(_ status: QueueStatus) {
        left = scope.count(status)
        guard terminal.isInteractive || ContinuousClock.now - last > .seconds(3) else { return }
        last = ContinuousClock.now
        let running = status.states[.executing, default: 0]
        let text = "\(queue): \(HumanText.count(left, "job")) left, \(HumanText.number(running)) running"
        // A failed write does not stop the drain.
        if terminal.isInteractive { try? terminal.redraw(text) } else { try? terminal.line(text) }
        isShown = true
    }

    func clear() {
        if isShown, terminal.isInteractive { try? terminal.redraw("") }
    }
}
