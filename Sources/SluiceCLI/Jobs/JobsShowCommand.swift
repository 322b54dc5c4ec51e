import ArgumentParser
import SluiceCore
import SluiceInspector
import SluiceToolSupport

struct JobsShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show all data of a job. Exit status 1 if there is none.",
        discussion: "Encrypted arguments and results are shown with their key (--keys), redacted fields never."
    )

    @OptionGroup var global: GlobalOptions

    @Argument(transform: { try JobID($0) })
    var id: JobID

    @OptionGroup var place: JobPlace

    @OptionGroup var keys: KeysOptions

    func run() async throws {
        try await global.withInspector(keys: try keys.load()) { inspector in
            var found: JobDetails?
            if let queue = try await place.find(id, inspector) { found = try await inspector.job(id, in: queue) }
            guard let found else { throw Self.missing(id, in: place.queue) }
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
