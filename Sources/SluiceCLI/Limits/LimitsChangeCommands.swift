import ArgumentParser
import Foundation
import SluiceCore
import SluiceInspector
import SluiceToolSupport

struct LimitsSetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Override a limit, at once and for all workers.",
        discussion: """
            NAME: concurrency, rate, depth (the queue); concurrency/account, rate/host, breaker/host (each value of a partition, or a \
            dependency); concurrency/account=42, weight/account=42 (one value). VALUE: 12; 40/10s for a rate; 5/30s/20s for a \
            breaker: failures, within, cools for; none for no limit meanwhile.

            What runs goes on: below a lowered limit nothing starts until enough has ended. For example:
              sluice limits set images rate/host=api.example.org 10/1s --for 30m
            """)

    @OptionGroup var global: GlobalOptions

    @OptionGroup var target: QueueArgument

    @Argument(help: "The name of the limit.", completion: .list(["concurrency", "rate", "depth"]))
    var name: String

    @Argument(help: "The value that replaces the declared one.")
    var value: String

    @Option(
        name: .customLong("for"),
        help: ArgumentHelp("The override ends after this time. Default: it stays until it is cleared.", valueName: "duration"),
        transform: { try DurationText.parse($0) })
    var span: Duration?

    @OptionGroup var first: NewQueueOption

    func validate() throws {
        if span == .zero { throw ValidationError("--for must be above 0") }
    }

    func run() async throws {
        try await global.withInspector { inspector in
            let queue = target.queue
            let setting = try await first.applying(to: queue) { mayBeNew in
                try await inspector.override(name, to: value, in: queue, for: span, mayBeNew: mayBeNew)
            }
            let unknown = try? await inspector.unknownDimension(of: name, in: queue)
            if let unknown {
                Terminal.complain(
                    "note: no declared limit and no job of \(queue) has '\(unknown)': this limits nothing until a job has")
            }
            if global.json {
                try Terminal.output.json([
                    "queue": .string(queue.text), "name": .string(setting.name), "value": .string(setting.value),
                    "for_ms": JSONValue(duration: span), "known": .bool(unknown == nil),
                ])
            } else {
                let end = span.map { " for \(HumanText.duration($0))" } ?? ""
                try Terminal.output.line("\(queue): \(LimitsText.setting(setting))\(end)")
            }
        }
    }
}

struct LimitsClearCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clear", abstract: "End the override of a limit: the declared value applies again.",
        discussion: "Exit status 1 if there was none.")

    @OptionGroup var global: GlobalOptions

    @OptionGroup var target: QueueArgument

    @Argument(help: "The name of the limit, as for `limits set`.", completion: .list(["concurrency", "rate"]))
    var name: String

    func run() async throws {
        try await global.withInspector { inspector in
            let queue = target.queue
            let wasThere = try await inspector.restore(name, in: queue)
            if global.json {
                try Terminal.output.json([
                    "queue": .string(queue.text), "name": .string(name), "changed": .bool(wasThere),
                ])
            } else {
                try Terminal.output.line(wasThere ? "\(queue): \(name) is as declared" : "\(queue): \(name) was not overridden")
            }
            if !wasThere { throw ExitCode.no }
        }
    }
}
