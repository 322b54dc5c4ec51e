import ArgumentParser
import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceToolSupport

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Find what is wrong, and say what to do about it. Exit status 1 if there is a problem.",
        discussion: """
            Looks at the server, the function library, the queues and the workflows, and changes nothing. A problem loses, refuses \
            or holds up jobs; a notice may be meant so. What the user of Redis may not see is listed as unseen: the user dashboard of \
            deploy/redis/users.acl sees all.
            """)

    @OptionGroup var global: GlobalOptions

    @OptionGroup var scope: ScopeArgument

    func run() async throws {
        try await global.withInspector { inspector in
            let terminal = Terminal.output
            var parts: [Diagnosis.Part] = []
            try await inspector.diagnose(try await used(inspector)) { part in
                parts.append(part)
                // Many queues take a while, so each part is printed as soon as it is ready.
                if !global.json { try terminal.lines(Self.lines(part, width: terminal.width, style: terminal.style)) }
            }
            let diagnosis = Diagnosis(parts: parts)
            if global.json {
                try terminal.json(diagnosis.json)
            } else {
                try terminal.lines(Self.hint(diagnosis, width: terminal.width, style: terminal.style))
                try terminal.line(Self.summary(diagnosis, terminal.style))
            }
            if !diagnosis.isHealthy { throw ExitCode.no }
        }
    }

    /// The queue to examine. Without the library on the server, whether it was used is not known; the diagnosis then says so.
    private func used(_ inspector: Inspector) async throws -> QueueName? {
        guard let queue = scope.queue else { return nil }
        let store = inspector.store.withoutLoading()
        let isUsed = try? await Inspector(store).isUsed(queue)
        await store.close()
        if isUsed == false { throw SluiceError.unknownQueue(queue) }
        return queue
    }

    static func lines(_ diagnosis: Diagnosis, width: Int? = nil, style: Style = .plain) -> [String] {
        diagnosis.parts.flatMap { lines($0, width: width, style: style) } + [summary(diagnosis, style)]
    }

    /// Who could see what was refused; empty if nothing was.
    static func hint(_ diagnosis: Diagnosis, width: Int? = nil, style: Style = .plain) -> [String] {
        let refusals = ["this user may not", "the Redis user lacks", "The user executing the script"]
        let unseen = diagnosis.parts.flatMap { part in part.unseen }
        if !unseen.contains(where: { text in refusals.contains { text.contains($0) } }) { return [] }
        let who = "the user dashboard of deploy/redis/users.acl may see what is unseen here: name it in --redis"
        return marked("hint", .dim, who, width, style)
    }

    static func lines(_ part: Diagnosis.Part, width: Int? = nil, style: Style = .plain) -> [String] {
        var lines: [String] = []
        if part.findings.isEmpty, !part.looked.isEmpty {
            lines += marked("ok", .green, "\(part.subject): \(part.looked)", width, style)
        }
        for finding in part.findings {
            let look = finding.severity == .problem ? Style.Look.red : .yellow
            lines += marked(finding.severity.rawValue, look, "\(part.subject): \(finding.what)", width, style)
            lines += marked("", .dim, "cure: \(finding.cure)", nil, style)
        }
        for text in part.unseen { lines += marked("unseen", .yellow, "\(part.subject): \(text)", width, style) }
        return lines
    }

    private static func marked(
        _ mark: String, _ look: Style.Look, _ text: String, _ width: Int?, _ style: Style
    ) -> [String] {
        let column = 9
        let lines = HumanText.wrapped(HumanText.visible(text), to: width.map { max($0 - column, 20) })
        let padding = String(repeating: " ", count: column - mark.count)
        return lines.enumerated().map { index, line in
            index == 0 ? style.paint(mark, look) + padding + line : String(repeating: " ", count: column) + line
        }
    }

    private static func summary(_ diagnosis: Diagnosis, _ style: Style) -> String {
        let problems = diagnosis.findings.count { $0.severity == .problem }
        let notices = diagnosis.findings.count - problems
        let rest = notices > 0 ? ", \(HumanText.count(notices, "notice"))" : ""
        let unseen = diagnosis.parts.count { !$0.unseen.isEmpty }
        let left = unseen > 0 ? ", \(HumanText.count(unseen, "part")) not seen to \(unseen == 1 ? "its" : "their") end" : ""
        let verdict =
            problems == 0 ? style.paint("healthy", .green) : style.paint(HumanText.count(problems, "problem"), .red)
        return verdict + rest + left
    }
}
