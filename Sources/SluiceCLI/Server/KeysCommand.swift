import ArgumentParser
import Foundation
import SluiceCore
import SluiceInspector
import SluiceToolSupport

struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "The keys that arguments and results of jobs are encrypted with.",
        discussion: """
            `new` and `rotate` print keys, and store nothing: put them into a file that only you can read, such as \
            (umask 077; sluice keys new > keys.json).
            """,
        subcommands: [KeysNewCommand.self, KeysRotateCommand.self, KeysUsageCommand.self])

    @OptionGroup var global: GlobalOptions

    /// An id for a key created today.
    static var today: String { String(Date().rfc3339.prefix(10)) }
}

struct KeysNewCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "new", abstract: "Print new keys. Asks no server.")

    @OptionGroup var global: GlobalOptions

    @Argument(help: "The id of the key. (default: today's date)")
    var id: String?

    func run() throws { try global.show(try PayloadKeys.random(id: id ?? KeysCommand.today)) }
}

struct KeysRotateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate", abstract: "Print the same keys with a new one, which encrypts from now on. Asks no server.",
        discussion: """
            Give every worker the new file before a producer uses it: a worker without the key leaves the jobs to others. An \
            old key may be taken out of the file when `sluice keys usage` shows no job and no cron entry of it any more.
            """)

    @OptionGroup var global: GlobalOptions
    @OptionGroup var keys: KeysOptions

    @Argument(help: "The id of the new key. (default: today's date; with a number behind it, if there is such a key)")
    var id: String?

    func run() throws {
        guard let keys = try keys.load() else { throw ValidationError("say where the keys are: --keys FILE") }
        try global.show(try keys.rotated(to: id ?? Self.fresh(KeysCommand.today, beside: keys.ids)))
    }

    /// An id that no other key has.
    static func fresh(_ id: String, beside ids: [String]) -> String {
        var number = 1
        var candidate = id
        while ids.contains(candidate) {
            number += 1
            candidate = "\(id)-\(number)"
        }
        return candidate
    }
}

extension GlobalOptions {
    /// Prints the file of keys; for programs on one line.
    fileprivate func show(_ keys: PayloadKeys) throws {
        if !json { return try Terminal.output.line(keys.json) }
        try Terminal.output.json(.text(try CanonicalJSON.text(Array(keys.json.utf8))))
    }
}

struct KeysUsageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "usage",
        abstract: "Count jobs and cron entries by the key that they are encrypted with. Reads every job that is kept.")

    /// The number of encrypted values of one key.
    private struct Count {
        var jobs = 0
        var entries = 0
    }

    @OptionGroup var global: GlobalOptions

    @OptionGroup var scope: ScopeArgument

    func run() async throws {
        try await global.withInspector { inspector in
            let counts = try await counts(inspector).sorted { ($0.key ?? "") < ($1.key ?? "") }
            if global.json {
                try Terminal.output.json(
                    .array(
                        counts.map { key, count in
                            ["key": JSONValue(key), "jobs": .integer(count.jobs), "cron": .integer(count.entries)]
                        }))
            } else {
                var table = Table([.text("KEY"), .number("JOBS"), .number("CRON")])
                for (key, count) in counts {
                    table.append([key ?? "(not encrypted)", HumanText.number(count.jobs), HumanText.number(count.entries)])
                }
                try Terminal.output.lines(table.lines(style: Terminal.output.style))
            }
        }
    }

    private func counts(_ inspector: Inspector) async throws -> [String?: Count] {
        var counts: [String?: Count] = [:]
        let queues = try await scope.queues(inspector)
        var cursor: String?
        repeat {
            let page = try await inspector.jobs(matching: JobFilter(queues: queues), limit: 1000, after: cursor)
            for job in page.jobs { counts[job.key, default: Count()].jobs += 1 }
            cursor = page.next
        } while cursor != nil
        try await InOrder.run(queues) {
            try await inspector.cronKeys(of: $0)
        } take: { found in
            for (key, number) in found { counts[key, default: Count()].entries += number }
        }
        return counts
    }
}
