import ArgumentParser
import Sluice
import SluiceCore
import SluiceInspector
import SluiceToolSupport

struct CronRemoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove an entry. Jobs that it has enqueued stay.",
        discussion: "One that a worker's code declares comes back when such a worker starts: pause it instead.")

    @OptionGroup var global: GlobalOptions
    @OptionGroup var entry: CronName

    func run() async throws {
        try await entry.withCrontab(global) { crontab, inspector in
            let changed = try await inspector.recordChange(.cronRemove, on: entry.name, in: crontab.queue) {
                () async throws(SluiceError) in try await crontab.remove(entry.name)
            }
            try global.tell(entry.name, of: crontab.queue, changed, "was removed from \(crontab.queue)", "was not there")
        }
    }
}

struct CronPauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Stop an entry from firing until it is resumed, whatever workers declare.",
        discussion:
            "Ticks during the pause are not made up for. `cron list` shows the --reason. Exit status 1 if it was paused already.")

    @OptionGroup var global: GlobalOptions
    @OptionGroup var entry: CronName

    func run() async throws {
        try await entry.withCrontab(global) { crontab, inspector in
            let changed = try await inspector.recordChange(.cronPause, on: entry.name, in: crontab.queue) {
                () async throws(SluiceError) in try await crontab.pause(entry.name, reason: global.reason)
            }
            try global.tell(entry.name, of: crontab.queue, changed, "is paused in \(crontab.queue)", "was paused already")
        }
    }
}

struct CronResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "End the pause of an entry: it goes on with the first tick from now on.",
        discussion: "Exit status 1 if it was not paused.")

    @OptionGroup var global: GlobalOptions
    @OptionGroup var entry: CronName

    func run() async throws {
        try await entry.withCrontab(global) { crontab, inspector in
            let changed = try await inspector.recordChange(.cronResume, on: entry.name, in: crontab.queue) {
                () async throws(SluiceError) in try await crontab.resume(entry.name)
            }
            try global.tell(entry.name, of: crontab.queue, changed, "goes on in \(crontab.queue)", "was not paused")
        }
    }
}

struct CronRunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Enqueue one job of an entry now, and print its id.",
        discussion: "It ignores ticks, a pause, the limit and jobs that run. Each call enqueues one job.")

    @OptionGroup var global: GlobalOptions
    @OptionGroup var entry: CronName

    func run() async throws {
        try await entry.withCrontab(global) { crontab, inspector in
            let id = try await inspector.record(.cronRun, on: entry.name, in: crontab.queue) {
                (tally) async throws(SluiceError) in
                let id = try await crontab.run(entry.name)
                tally.count(true)
                return id
            }
            if global.json {
                try Terminal.output.json([
                    "name": .string(entry.name), "queue": .string(crontab.queue.text), "id": .string(id.text),
                ])
            } else {
                try Terminal.output.line(id.text)
            }
        }
    }
}

extension GlobalOptions {
    /// Prints whether the call changed anything; exits with "no" if not.
    fileprivate func tell(
        _ name: String, of queue: QueueName, _ changed: Bool, _ done: String, _ undone: String
    ) throws {
        if json {
            try Terminal.output.json(["name": .string(name), "queue": .string(queue.text), "changed": .bool(changed)])
        } else {
            try Terminal.output.line("\(name) \(changed ? done : undone)")
        }
        if !changed { throw ExitCode.no }
    }
}
