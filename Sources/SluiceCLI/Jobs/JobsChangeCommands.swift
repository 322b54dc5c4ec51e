import ArgumentParser
import Foundation
import SluiceCore
import SluiceInspector
import SluiceToolSupport

struct JobsRetryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Run jobs now: ended ones with all attempts again, waiting ones with those they have left.")

    @OptionGroup var jobs: JobSelection

    func run() async throws {
        try await jobs.change(.retry)
    }
}

struct JobsCancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "Cancel jobs. Running ones are stopped on their hosts.")

    @OptionGroup var jobs: JobSelection

    func run() async throws {
        try await jobs.change(.cancel)
    }
}

struct JobsPurgeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "purge", abstract: "Remove all jobs that meet conditions.",
        discussion: "Running jobs are asked to stop, and stay until they have ended.")

    @OptionGroup var global: GlobalOptions

    @OptionGroup var scope: ScopeOption

    @OptionGroup var conditions: JobConditions

    func validate() throws {
        if scope.queue == nil, !conditions.areNarrow {
            throw ValidationError("give a condition: --queue, --state, --kind, --partition, --error, --older-than or --limit")
        }
    }

    func run() async throws {
        let bulk = BulkRun(change: .delete, queue: scope.queue, conditions: conditions, printsJSON: global.json)
        try await global.withInspector { try await bulk.run($0) }
    }
}

struct JobsDeleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Remove jobs and all their data.",
        discussion: "A running job is cancelled first, and has to be deleted again when it has ended.")

    @OptionGroup var jobs: JobSelection

    func run() async throws {
        try await jobs.change(.delete)
    }
}

struct JobsRescheduleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reschedule", abstract: "Change the due time of waiting jobs.")

    @OptionGroup var jobs: JobSelection
    @OptionGroup var due: DueOptions

    func validate() throws {
        if due.due == nil { throw ValidationError("give --delay or --at") }
    }

    func run() async throws {
        guard let time = due.due else { return }
        try await jobs.change(.reschedule(time))
    }
}
