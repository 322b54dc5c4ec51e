import ArgumentParser
import SluiceCore
import SluiceInspector
import SluiceToolSupport

struct JobsListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List jobs: running, waiting, failed, done.")

    @OptionGroup var global: GlobalOptions

    @Option(
        help: "Only this queue; may be repeated.", completion: QueueNames.completion, transform: { try QueueName($0) })
    var queue: [QueueName] = []

    @Option(
        help: "Only this state; may be repeated: \(JobState.listed.map(\.rawValue).joined(separator: ", ")).",
        completion: .list(JobState.listed.map(\.rawValue)), transform: JobsListCommand.state)
    var state: [JobState] = []

    @Option(help: "Only this kind.")
    var kind: String?

    @Option(help: ArgumentHelp("The number of jobs on a page, 1 to 1000.", valueName: "n"))
    var limit = 50

    @Option(help: "The cursor that the page before printed.")
    var cursor: String?

    func validate() throws {
        guard (1...1000).contains(limit) else { throw ValidationError("--limit takes 1 to 1000") }
    }

    func run() async throws {
        try await global.withInspector { inspector in
            let filter = JobFilter(
                queues: queue.isEmpty ? nil : queue, states: state.isEmpty ? JobState.listed : state, kind: kind)
            let page = try await inspector.jobs(matching: filter, limit: limit, after: cursor)
            try show(page, on: .output)
        }
    }

    private func show(_ page: JobPage, on terminal: Terminal) throws {
        if global.json {
            return try terminal.json(["jobs": .array(page.jobs.map(\.json)), "next": JSONValue(page.next)])
        }
        if page.jobs.isEmpty {
            Terminal.complain("no job matches")
        } else {
            try terminal.lines(JobText.table(page).lines(width: terminal.width, style: terminal.style))
        }
        if let next = page.next { Terminal.complain("there are more jobs: repeat the command with --cursor '\(next)'") }
    }

    @Sendable static func state(_ text: String) throws -> JobState {
        guard let state = JobState(rawValue: text) else {
            throw ValidationError(
                "'\(text.prefix(40))' is no state; the states are \(JobState.listed.map(\.rawValue).joined(separator: ", "))")
        }
        return state
    }
}
