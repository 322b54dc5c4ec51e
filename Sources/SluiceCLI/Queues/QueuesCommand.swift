import ArgumentParser
import SluiceCore
import SluiceInspector
import SluiceToolSupport

struct QueuesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queues", abstract: "List, pause, resume and drain queues, and show what they did.",
        subcommands: [
            QueuesListCommand.self, QueuesHistoryCommand.self, QueuesPauseCommand.self, QueuesResumeCommand.self,
            QueuesDrainCommand.self,
        ],
        defaultSubcommand: QueuesListCommand.self)

    @OptionGroup var global: GlobalOptions
}

struct QueuesListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the queues that were used.")

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await global.withInspector { inspector in
            let statuses = try await inspector.status()
            if global.json {
                try Terminal.output.json(.array(statuses.map(Self.json)))
            } else {
                let terminal = Terminal.output
                try terminal.lines(Self.table(statuses).lines(width: terminal.width, style: terminal.style))
            }
        }
    }

    private static func live(_ status: QueueStatus) -> Int {
        status.states.reduce(0) { $0 + ($1.key.isEnded ? 0 : $1.value) }
    }

    static func json(_ status: QueueStatus) -> JSONValue {
        [
            "queue": .string(status.queue.text), "live": .integer(live(status)), "paused": .bool(status.pause != nil),
            "paused_reason": JSONValue(status.pause?.reason), "paused_since": JSONValue(time: status.pause?.since),
        ]
    }

    static func table(_ statuses: [QueueStatus]) -> Table {
        var table = Table([.text("QUEUE"), .number("LIVE JOBS"), .elastic("PAUSED")])
        for status in statuses {
            let pause = status.pause.map { pause in
                HumanText.age(pause.since, at: status.time) + (pause.reason.isEmpty ? "" : ": \(pause.reason)")
            }
            table.append([status.queue.text, HumanText.number(live(status)), pause ?? "no"])
        }
        return table
    }
}

struct QueuesPauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Start no job of a queue until it is resumed; running jobs go on.",
        discussion: "`status` shows the --reason.")

    @OptionGroup var global: GlobalOptions

    @OptionGroup var target: QueueArgument

    @OptionGroup var first: NewQueueOption

    func run() async throws {
        try await global.withInspector { inspector in
            let queue = target.queue
            let isNew = try await first.applying(to: queue) { mayBeNew in
                try await inspector.pause(queue, mayBeNew: mayBeNew)
            }
            if global.json {
                try Terminal.output.json(["queue": .string(queue.text), "paused": true, "changed": .bool(isNew)])
            } else {
                let replaced = global.reason.isEmpty ? "" : ": this reason replaces the earlier one"
                let already = "\(queue) was paused already\(replaced)"
                try Terminal.output.line(isNew ? "paused \(queue)" : already)
            }
        }
    }
}

struct QueuesResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "resume", abstract: "End the pause of a queue.")

    @OptionGroup var global: GlobalOptions

    @OptionGroup var target: QueueArgument

    func run() async throws {
        try await global.withInspector { inspector in
            let queue = target.queue
            let wasPaused = try await inspector.resume(queue)
            if global.json {
                try Terminal.output.json(["queue": .string(queue.text), "paused": false, "changed": .bool(wasPaused)])
            } else {
                try Terminal.output.line(wasPaused ? "resumed \(queue)" : "\(queue) was not paused")
            }
        }
    }
}
