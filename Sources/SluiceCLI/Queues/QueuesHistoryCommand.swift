import ArgumentParser
import SluiceCore
import SluiceInspector
import SluiceToolSupport

struct QueuesHistoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Show runs, failures, waits and durations of a queue by minute or hour, and by kind.",
        discussion: """
            Redis keeps minutes for two days and hours for thirty. A wait goes from the time at which a job could first be claimed \
            to its claim, a duration from there to the outcome. Percentiles are less than 8.7 % from the exact ones. Of many \
            kinds, 50 are kept apart in each minute and hour; the others count as *.
            """)

    @OptionGroup var global: GlobalOptions

    @OptionGroup var target: QueueArgument

    @Option(help: "The runs of this kind only.")
    var kind: String?

    @Option(help: "minute or hour.", completion: .list(History.Step.allCases.map(\.rawValue)), transform: Self.step)
    var by = History.Step.minute

    @Option(
        help: "How far to look back: 30m, 2h, 7d. Default: an hour of minutes, or a day of hours.",
        transform: { try DurationText.parse($0) })
    var last: Duration?

    private static func step(_ text: String) throws -> History.Step {
        guard let step = History.Step(rawValue: text) else { throw ValidationError("--by is minute or hour") }
        return step
    }

    func run() async throws {
        try await global.withInspector { inspector in
            let status = try await inspector.requireUsed(target.queue)
            let span = last ?? (by == .minute ? .seconds(3600) : .seconds(86_400))
            let history = try await inspector.history(upTo: status, kind: kind, by: by, last: span)
            let terminal = Terminal.output
            if global.json {
                try terminal.json(history.json)
            } else if HistoryText.isEmpty(history) {
                Terminal.complain("no job of '\(target.queue)' ran in that time\(kind.map { ", of kind \($0)" } ?? "")")
            } else {
                try terminal.lines(HistoryText.lines(history, width: terminal.width, style: terminal.style))
            }
        }
    }
}
