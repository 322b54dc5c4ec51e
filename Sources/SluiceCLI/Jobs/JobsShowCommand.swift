import ArgumentParser
import SluiceCore
import SluiceInspector
import SluiceToolSupport

struct JobsShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show all that is known of a job. Exit status 1 if there is none.",
        discussion: "Arguments and results that are encrypted are shown to whoever has their key (--keys); redacted fields never."
    )

    @OptionGroup var global: GlobalOptions

    @Argument(transform: { try JobID($0) })
    var id: JobID

    @Option(
        help: "The queue it is in. Default: looked for in all.", completion: QueueArgument.completion,
        transform: { try QueueName($0) })
    var queue: QueueName?

    @OptionGroup var keys: KeysOptions

    func run() async throws {
        try await global.withInspector(keys: try keys.load()) { inspector in
            guard let found = try await inspector.theJob(id, in: queue) else { throw Self.missing(id, in: queue) }
            // A library that does not provide the other times still shows the job.
            let job = (try? await inspector.withTimes(found)) ?? found
            if global.json {
                try Terminal.output.json(job.json)
            } else {
                try Terminal.output.lines(JobText.card(job, style: Terminal.output.style))
            }
        }
    }

    /// The error for a job that does not exist.
    static func missing(_ id: JobID, in queue: QueueName?) -> Failure {
        let place = queue.map { "queue '\($0)'" } ?? "any queue"
        return Failure("there is no job '\(id)' in \(place); ended jobs are kept for a while only")
    }
}

extension Inspector {
    /// Finds the job with an id, in one queue or in all queues.
    /// - Throws: `invalidArgument` if several queues have one.
    func theJob(_ id: JobID, in queue: QueueName?) async throws(SluiceError) -> JobDetails? {
        let place: QueueName?
        if let queue { place = queue } else { place = try await self.place(of: id) }
        return if let place { try await job(id, in: place) } else { nil }
    }

    /// Finds the queue that has the job with an id; nil if none has.
    /// - Throws: `invalidArgument` if several queues have one.
    func place(of id: JobID) async throws(SluiceError) -> QueueName? {
        let found = try await queues(withJob: id)
        if found.count > 1 {
            let names = found.map(\.text).joined(separator: ", ")
            throw SluiceError(.invalidArgument, "several queues have a job '\(id)': say which with --queue (\(names))")
        }
        return found.first
    }
}
