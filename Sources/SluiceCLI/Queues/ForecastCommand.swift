import ArgumentParser
import SluiceCore
import SluiceInspector
import SluiceToolSupport

struct ForecastCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forecast",
        abstract: "Tell when a queue's backlog will be empty, or when a job starts, and what limits that.",
        discussion: """
            Calculated from the last fifteen minutes, the places of live workers and the limits of the queue, for the case that \
            nothing changes. A range covers what these differ by.
            """)

    @OptionGroup var global: GlobalOptions

    @OptionGroup var target: QueueArgument

    @Option(
        help: "Tell also what this number of workers more (or less: --workers=-1) would change.", transform: Self.workers)
    var workers = 1

    @Option(help: "Tell when this job starts.", transform: { try JobID($0) })
    var job: JobID?

    private static func workers(_ text: String) throws -> Int {
        guard let count = Int(text), (-1000...1000).contains(count), count != 0 else {
            throw ValidationError("--workers is a number of workers, such as +2")
        }
        return count
    }

    func run() async throws {
        try await global.withInspector { inspector in
            try await inspector.requireUsed(target.queue)
            if let job {
                guard let forecast = try await inspector.forecast(of: job, in: target.queue) else {
                    throw Failure("'\(target.queue)' has no job '\(job)'")
                }
                return try show(forecast.sentences, forecast.json)
            }
            let forecast = try await inspector.forecast(of: target.queue, workers: workers)
            try show(forecast.sentences, forecast.json)
        }
    }

    private func show(_ sentences: [String], _ json: JSONValue) throws {
        if global.json { try Terminal.output.json(json) } else { try Terminal.output.lines(sentences) }
    }
}
