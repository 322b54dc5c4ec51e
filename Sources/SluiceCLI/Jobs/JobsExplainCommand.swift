import ArgumentParser
import SluiceCore
import SluiceInspector
import SluiceToolSupport

struct JobsExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Tell why a job does not run. Exit status 1 if there is no such job.",
        discussion: """
            One reason a line: its time, a pause, a limit and who holds its places, a rate and when it allows the next, a breaker, \
            a dependency that is off, its place in its lane, no worker that takes it. Changes nothing.
            """)

    @OptionGroup var global: GlobalOptions

    @Argument(transform: { try JobID($0) })
    var id: JobID

    @Option(
        help: "The queue it is in. Default: looked for in all.", completion: QueueArgument.completion,
        transform: { try QueueName($0) })
    var queue: QueueName?

    func run() async throws {
        try await global.withInspector { inspector in
            let place: QueueName?
            if let queue { place = queue } else { place = try await inspector.place(of: id) }
            var explanation: Explanation?
            if let place { explanation = try await inspector.explain(id, in: place) }
            guard let explanation else { throw JobsShowCommand.missing(id, in: queue) }
            if global.json {
                try Terminal.output.json(explanation.json)
            } else {
                try Terminal.output.lines(
                    Self.lines(explanation, width: Terminal.output.width, style: Terminal.output.style))
            }
        }
    }

    static func lines(_ explanation: Explanation, width: Int? = nil, style: Style = .plain) -> [String] {
        [style.paint("\(explanation.id)", .bold) + "  in \(explanation.queue)"]
            + explanation.sentences.flatMap { HumanText.wrapped($0, indent: "  ", to: width) }
    }
}
