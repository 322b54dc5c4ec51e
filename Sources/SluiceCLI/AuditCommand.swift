import ArgumentParser
import SluiceCore
import SluiceInspector

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Check the data of the queues. Exit status 1 if anything is wrong.",
        discussion: "Changes nothing, and may run while the queues work: each page is checked at one instant.")

    @OptionGroup var global: GlobalOptions

    @Argument(help: "One queue. Default: all.", completion: QueueArgument.completion, transform: { try QueueName($0) })
    var queue: QueueName?

    func run() async throws {
        try await global.withInspector { inspector in
            let report: AuditReport
            if let queue { report = try await inspector.audit(queue) } else { report = try await inspector.audit() }
            if global.json {
                try Terminal.output.json(report.json)
            } else {
                try Terminal.output.lines(Self.lines(report, width: Terminal.output.width, style: Terminal.output.style))
            }
            if !report.isClean { throw ExitCode.no }
        }
    }

    static func lines(_ report: AuditReport, width: Int? = nil, style: Style = .plain) -> [String] {
        let checked = HumanText.number(report.checked)
        if report.isClean { return [style.paint("clean", .green) + ": \(checked) checked"] }
        var table = Table([.text("QUEUE"), .text("INVARIANT"), .text("WHAT IS WRONG")])
        for violation in report.violations { table.append([violation.queue.text, violation.invariant, violation.what]) }
        let count = HumanText.count(report.violations.count, "violation")
        let end = report.isComplete ? "" : ", and there may be more"
        return table.lines(width: width, style: style) + [style.paint("\(count)\(end)", .red) + ", \(checked) checked"]
    }
}
