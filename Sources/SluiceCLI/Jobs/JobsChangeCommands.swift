import ArgumentParser
import Foundation
import SluiceCore
import SluiceInspector
import SluiceToolSupport

struct JobsRetryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry", abstract: "Make jobs run now: ended ones with all attempts anew, waiting ones as they are.")

    @OptionGroup var jobs: JobSelection

    func run() async throws {
        try await jobs.change(.retry)
    }
}

struct JobsCancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "End jobs as cancelled; those that run are stopped on whatever host.")

    @OptionGroup var jobs: JobSelection

    func run() async throws {
        try await jobs.change(.cancel)
    }
}

struct JobsPurgeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "purge", abstract: "Remove all jobs that meet conditions, whether they wait or have ended.",
        discussion: "Those that run are told to stop, and stay until they have ended.")

    @OptionGroup var global: GlobalOptions

    @Option(
        help: "The queue they are in. Default: all.", completion: QueueArgument.completion, transform: { try QueueName($0) })
    var queue: QueueName?

    @OptionGroup var conditions: JobConditions

    func validate() throws {
        if queue == nil, !conditions.areNarrow { throw ValidationError("give --queue, --state, --kind and the like") }
    }

    func run() async throws {
        let bulk = BulkRun(change: .delete, queue: queue, conditions: conditions, printsJSON: global.json)
        try await global.withInspector { try await bulk.run($0) }
    }
}

struct JobsDeleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Remove jobs and all that is known of them.",
        discussion: "One that runs is cancelled first, and has to be deleted again when it has ended.")

    @OptionGroup var jobs: JobSelection

    func run() async throws {
        try await jobs.change(.delete)
    }
}

struct JobsRescheduleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reschedule", abstract: "Make jobs that wait due at another time.")

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
