import ArgumentParser
import Foundation
import SluiceCore
import SluiceInspector
import SluiceToolSupport

struct DependenciesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dependencies", abstract: "Show the dependencies of jobs; switch them off and on.",
        discussion: """
            While a dependency is off, jobs that need it wait and spend no attempt; those that can do without it run. What is \
            switched off without --queue is off in every queue, those included that are first used later.
            """,
        subcommands: [DependenciesListCommand.self, DependenciesOffCommand.self, DependenciesOnCommand.self],
        defaultSubcommand: DependenciesListCommand.self)

    @OptionGroup var global: GlobalOptions
}

struct DependenciesListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Show the dependencies of each queue, their breakers, and how many lanes wait for them.")

    @OptionGroup var global: GlobalOptions

    @OptionGroup var scope: ScopeOption

    func run() async throws {
        try await global.withInspector { inspector in
            let found: [DependencyStatus]
            let queue = try await scope.used(inspector)
            if let queue {
                found = try await inspector.dependencies(of: queue)
            } else {
                found = try await inspector.dependencies()
            }
            var unseen: [String] = []
            if queue == nil { unseen = try await inspector.dependenciesOff().subtracting(found.map(\.name)).sorted() }
            let now = try await inspector.now()
            if global.json {
                try Terminal.output.json(.array(found.map(\.json) + unseen.map { Self.json(unseen: $0) }))
            } else if found.isEmpty, unseen.isEmpty {
                Terminal.complain("no job that waits or runs depends on anything, and nothing is switched off")
            } else {
                let terminal = Terminal.output
                try terminal.lines(Self.table(found, unseen, at: now).lines(width: terminal.width, style: terminal.style))
            }
        }
    }

    private static func json(unseen name: String) -> JSONValue {
        ["dependency": .string(name), "queue": .null, "state": "off"]
    }

    static func table(_ found: [DependencyStatus], _ unseen: [String], at now: Date) -> Table {
        var table = Table([
            .text("DEPENDENCY"), .elastic("QUEUE"), .text("SWITCHED"), .text("BREAKER"), .number("RUNNING"),
            .number("LANES WAITING"),
        ])
        for one in found {
            let end = one.openUntil.flatMap { $0 > now ? ", \(HumanText.duration($0.age(at: now)))" : nil } ?? ""
            let breaker = one.breaker == .halfOpen ? "half open" : one.breaker.rawValue + (one.breaker == .open ? end : "")
            table.append([
                one.name, one.queue.text, one.offSince.map { "off, \(HumanText.age($0, at: now))" } ?? "on", breaker,
                HumanText.number(one.running), HumanText.number(one.lanesWaiting),
            ])
        }
        for name in unseen { table.append([name, "-", "off", "-", "-", "-"]) }
        return table
    }
}

struct DependenciesOffCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "off", abstract: "Hold back jobs that need a dependency; running jobs go on.")

    @OptionGroup var change: DependencyChange

    func run() async throws { try await change.apply(isOn: false) }
}

struct DependenciesOnCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "on", abstract: "Let jobs that need a dependency run again.")

    @OptionGroup var change: DependencyChange

    func run() async throws { try await change.apply(isOn: true) }
}

/// The dependency to switch, and the queue.
struct DependencyChange: ParsableArguments {
    @OptionGroup var global: GlobalOptions

    @Argument(help: "The dependency, as jobs name it.")
    var name: String

    @Option(
        help: "Only in this queue. Default: in all, and in those to come.", completion: QueueNames.completion,
        transform: { try QueueName($0) })
    var queue: QueueName?

    @OptionGroup var first: NewQueueOption

    func validate() throws {
        if first.new, queue == nil { throw ValidationError("--new goes with --queue: without it, queues to come are meant too") }
    }

    func apply(isOn: Bool) async throws {
        try await global.withInspector { inspector in
            let result: DependencySwitch
            if let queue {
                result = try await first.applying(to: queue) { mayBeNew in
                    try await inspector.switchDependency(name, on: isOn, in: queue, mayBeNew: mayBeNew)
                }
            } else {
                result = try await inspector.switchDependency(name, on: isOn)
            }
            if global.json { return try Terminal.output.json(result.json) }
            try Terminal.output.line(Self.line(result, in: queue))
        }
    }

    static func line(_ result: DependencySwitch, in queue: QueueName?) -> String {
        let word = result.isOn ? "on" : "off"
        let place = queue.map { " in \($0)" } ?? ""
        if !result.isChanged { return "\(result.name) was \(word) already\(place)" }
        let names = result.queues.map(\.text).joined(separator: ", ")
        let scope = queue != nil ? place : names.isEmpty ? ", which concerns no queue yet" : " in \(names)"
        return "\(result.name) is \(word)\(scope)"
    }
}
