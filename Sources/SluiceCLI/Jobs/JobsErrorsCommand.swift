import ArgumentParser
import SluiceCore
import SluiceInspector
import SluiceToolSupport

struct JobsErrorsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "errors", abstract: "Count what goes wrong: jobs to be retried and discarded ones, by kind and last error.",
        discussion: "Numbers and ids in an error are replaced by #, so that errors that differ in nothing else count together.")

    @OptionGroup var global: GlobalOptions

    @Argument(help: "One queue. Default: all.", completion: QueueArgument.completion, transform: { try QueueName($0) })
    var queue: QueueName?

    func run() async throws {
        try await global.withInspector { inspector in
            let queues: [QueueName]
            if let queue { queues = [queue] } else { queues = try await inspector.queues() }
            let groups = try await InOrder.map(queues) { queue throws(SluiceError) in try await inspector.errors(in: queue) }
            var rows = zip(queues, groups).flatMap { queue, groups in groups.map { (queue: queue, group: $0) } }
            rows.sort { $0.group.count > $1.group.count }
            try show(rows)
        }
    }

    private func show(_ rows: [(queue: QueueName, group: ErrorGroup)]) throws {
        let terminal = Terminal.output
        if global.json {
            return try terminal.json(
                .array(rows.map { row in ["queue": .string(row.queue.text), "group": BulkText.json(row.group)] }))
        }
        if rows.isEmpty { return Terminal.complain("no job waits for another try or was discarded") }
        var table = Table([
            .text("QUEUE"), .number("JOBS"), .text("KIND"), .elastic("LAST ERROR"), .text("FOR EXAMPLE"),
        ])
        for (queue, group) in rows {
            table.append([queue.text, HumanText.number(group.count), group.kind, group.error, group.example.text])
        }
        try terminal.lines(table.lines(width: terminal.width, style: terminal.style))
    }
}
