import ArgumentParser
import SluiceCore
import SluiceInspector
import SluiceToolSupport

struct JobsErrorsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "errors", abstract: "Count retryable and discarded jobs by kind and last error.",
        discussion: "Numbers and ids in an error are replaced by #, so that errors that differ only there count together.")

    @OptionGroup var global: GlobalOptions

    @OptionGroup var scope: ScopeArgument

    func run() async throws {
        try await global.withInspector { inspector in
            let queues = try await scope.queues(inspector)
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
                .array(rows.map { row in ["queue": .string(row.queue.text), "group": row.group.json] }))
        }
        if rows.isEmpty { return Terminal.complain("no job is retryable or discarded") }
        var table = Table([
            .text("QUEUE"), .number("JOBS"), .text("KIND"), .elastic("LAST ERROR"), .text("FOR EXAMPLE"),
        ])
        for (queue, group) in rows {
            table.append([queue.text, HumanText.number(group.count), group.kind, group.error, group.example.text])
        }
        try terminal.lines(table.lines(width: terminal.width, style: terminal.style))
    }
}
