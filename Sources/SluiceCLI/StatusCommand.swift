import ArgumentParser
import SluiceCore
import SluiceInspector

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show how many jobs are in which state.",
        discussion: "Of ended jobs, those that are still kept are counted; the totals count since ever.")

    @OptionGroup var global: GlobalOptions

    @Argument(help: "One queue. Default: all.", completion: QueueArgument.completion, transform: { try QueueName($0) })
    var queue: QueueName?

    func run() async throws {
        try await global.withInspector { inspector in
            await inspector.store.warnOfEviction()
            let statuses: [QueueStatus]
            if let queue {
                let status = try await inspector.status(of: queue)
                if status.isUnused { Terminal.complain("note: nobody has used a queue '\(queue)' so far") }
                statuses = [status]
            } else {
                statuses = try await inspector.status()
            }
            try show(statuses, try await inspector.restrictions(of: statuses.map(\.queue)), on: .output)
        }
    }

    private func show(
        _ statuses: [QueueStatus], _ restrictions: [QueueName: Restrictions], on terminal: Terminal
    ) throws {
        let notes = statuses.compactMap { status in restrictions[status.queue].flatMap { StatusText.note($0, status) } }
            .flatMap { HumanText.wrapped($0, to: terminal.width) }.map { terminal.style.paint($0, .yellow) }
        if global.json {
            try terminal.json(
                .array(
                    statuses.map { status in
                        restrictions[status.queue].map { status.json.adding("restrictions", $0.json) } ?? status.json
                    }))
        } else if queue != nil {
            for status in statuses { try terminal.lines(StatusText.card(status, style: terminal.style) + notes) }
        } else if statuses.isEmpty {
            Terminal.complain("no queue has been used so far; put a job in with: sluice enqueue QUEUE --args JSON")
        } else {
            try terminal.lines(StatusText.table(statuses).lines(width: terminal.width, style: terminal.style) + notes)
        }
    }
}
