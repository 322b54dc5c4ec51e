import ArgumentParser
import SluiceCore
import SluiceInspector
import SluiceToolSupport

struct JobsExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Explain why a job does not run. Exit status 1 if there is no such job.",
        discussion: """
            One reason a line: its time, a pause, a limit and who holds its places, a rate and when it allows the next, a breaker, \
            a dependency that is off, its place in its lane, no worker that takes it. Changes nothing.
            """)

    @OptionGroup var global: GlobalOptions

    @Argument(transform: { try JobID($0) })
    var id: JobID

    @OptionGroup var place: JobPlace

    func run() async throws {
        try await global.withInspector { inspector in
            var explanation: Explanation?
            if let queue = try await place.find(id, inspector) { explanation = try await inspector.explain(id, in: queue) }
            guard let explanation else { throw JobsShowCommand.missing(id, in: place.queue) }
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
