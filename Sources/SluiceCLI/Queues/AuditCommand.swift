import ArgumentParser
import SluiceCore
import SluiceInspector
import SluiceToolSupport

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Check the data of the queues. Exit status 1 if anything is wrong.",
        discussion: """
            Changes nothing, and may run while the queues work: each page is checked at one instant. With --repair it tells what \
            could be done about what it finds, and with --yes does that, each thing in the call that finds it, and checks again. \
            No job is lost by a repair; one that was in two places may run once more.
            """)

    @OptionGroup var global: GlobalOptions

    @OptionGroup var scope: ScopeArgument

    @Flag(help: "Print the repairs of what is found; with --yes, make them.")
    var repair = false

    @Flag(help: "Make the repairs of --repair.")
    var yes = false

    func validate() throws {
        if yes, !repair { throw ValidationError("--yes goes with --repair") }
    }

    func run() async throws {
        try await global.withInspector { inspector in
            if repair { return try await runRepair(inspector) }
            let terminal = Terminal.output
            var table = Self.table()
            let report = try await inspector.audit(try await scope.queues(inspector)) { part in
                // Many queues take their time, so that people see what was found in each as it comes.
                if global.json || part.isClean { return }
                for violation in part.violations { table.append(violation) }
                try terminal.lines(table.takeLines(width: terminal.width, style: terminal.style))
            }
            if global.json {
                try terminal.json(report.json)
            } else {
                try terminal.line(Self.summary(report, terminal.style))
            }
            if !report.isClean { throw ExitCode.no }
        }
    }

    private func runRepair(_ inspector: Inspector) async throws {
        let yes = yes
        var repairs: [Repair] = []
        var left = 0
        try await InOrder.run(try await scope.queues(inspector)) { queue in
            let found = yes ? try await inspector.repair(queue) : try await inspector.repairPlan(queue)
            return (found, yes ? try await inspector.audit(queue).violations.count : 0)
        } take: { found, violations in
            repairs += found
            left += violations
        }
        let isClean = yes ? left == 0 : repairs.isEmpty
        if global.json {
            try Terminal.output.json([
                "clean": .bool(isClean), "done": .bool(yes), "repairs": .array(repairs.map(\.json)),
            ])
        } else {
            try Terminal.output.lines(Self.lines(repairs, left: left))
            if !yes, !repairs.isEmpty { Terminal.complain("nothing was changed: repeat the command with --yes to repair") }
        }
        if !isClean { throw ExitCode.no }
    }

    private static func lines(_ repairs: [Repair], left: Int) -> [String] {
        let terminal = Terminal.output
        let end = left == 0 ? [] : ["\(HumanText.count(left, "violation")) left: see sluice audit"]
        if repairs.isEmpty { return [terminal.style.paint("clean", .green) + ": nothing to repair"] + end }
        var table = Table([.text("QUEUE"), .text("INVARIANT"), .text("WHAT IS WRONG"), .text("REPAIR")])
        for repair in repairs {
            table.append([repair.queue.text, repair.invariant, repair.what, repair.cure ?? "none that is safe"])
        }
        return table.lines(width: terminal.width, style: terminal.style) + end
    }

    static func table() -> Table { Table([.text("QUEUE"), .text("INVARIANT"), .text("WHAT IS WRONG")]) }

    static func summary(_ report: AuditReport, _ style: Style = .plain) -> String {
        let checked = HumanText.number(report.checked)
        if report.isClean { return style.paint("clean", .green) + ": \(checked) checked" }
        let count = HumanText.count(report.violations.count, "violation")
        let end = report.isComplete ? "" : ", and there may be more"
        return style.paint("\(count)\(end)", .red) + ", \(checked) checked"
    }
}

extension Table {
    fileprivate mutating func append(_ violation: AuditReport.Violation) {
        append([violation.queue.text, violation.invariant, violation.what])
    }
}
