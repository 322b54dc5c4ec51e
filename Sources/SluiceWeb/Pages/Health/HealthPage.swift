import SluiceCore
import SluiceInspector

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What `sluice doctor` finds, the Redis server, and the audits of queues.
enum HealthPage {
    static let routes: [Route] = [.page("health") { try await page($0) }]

    /// How long a result is shown before opening the page examines anew.
    private static let span = Duration.seconds(60)
    /// How long the page waits for an examination before it shows that it is under way.
    private static let patience = Duration.seconds(2)
    private static let mostFindings = 200
    private static let mostQueues = 200

    private static func page(_ request: WebRequest) async throws -> Page {
        let inspector = request.inspector
        async let server = inspector.server()
        let standing = await request.site.health.diagnosis.standing(within: span, patience: patience) { note in
            var parts: [Diagnosis.Part] = []
            try await inspector.diagnose(nil) { part in
                parts.append(part)
                await note(Diagnosis(parts: parts))
            }
            return Diagnosis(parts: parts)
        }
        let queues = try await inspector.queues()
        let content: HTML = """
            \(Parts.live("verdict", verdict(standing)))
            \(Parts.live("findings", findings(standing, request.links)))
            <h2>Redis</h2>
            \(Parts.live("server", ServerFacts(try await server).html))
            <h2>Audit</h2>
            <p>An audit checks the data of a queue for its invariants, page by page, while the queue works. It changes nothing.</p>
            \(Parts.live("audits", await audits(queues, request)))
            """
        var page = Page(title: "Health", section: .health, command: "sluice doctor", content: content)
        page.refresh = standing.begun == nil ? nil : 2
        return page
    }

    // MARK: Findings

    private static func verdict(_ standing: SharedRun<Diagnosis>.Standing) -> HTML {
        let age: HTML? = standing.ended.map { "<span class=\"soft\">examined \(Parts.time($0, at: Date()))</span>" }
        if standing.begun != nil {
            let parts = standing.progress?.parts.count ?? 0
            return """
                <h1>Health</h1>
                <p>\(Parts.word(.runs, "Being examined")): \(HumanText.count(parts, "part")) so far. This page shows the result when it is ready.</p>
                """
        }
        if let failure = standing.failure {
            return "<h1 class=\"wrong\">\(Marks.cross)The examination failed</h1><p>\(failure)</p><p class=\"sub\">\(age)</p>"
        }
        guard let diagnosis = standing.value else { return "<h1>Health</h1>" }
        let problems = diagnosis.findings.count { $0.severity == .problem }
        let notices = diagnosis.findings.count - problems
        let headline: HTML =
            problems > 0
            ? "<h1 class=\"wrong\">\(Marks.cross)\(HumanText.count(problems, "problem"))</h1>"
            : notices > 0
                ? "<h1>\(Parts.word(.look, "No problem, \(HumanText.count(notices, "notice"))"))</h1>"
                : "<h1>\(Parts.word(.good, "All is well"))</h1>"
        return "\(headline)<p class=\"sub\">\(age)</p>"
    }

    private static func findings(_ standing: SharedRun<Diagnosis>.Standing, _ links: Links) -> HTML {
        guard let diagnosis = standing.begun == nil ? standing.value : standing.progress ?? standing.value else { return "" }
        let sorted =
            diagnosis.findings.filter { $0.severity == .problem } + diagnosis.findings.filter { $0.severity == .notice }
        let items = sorted.prefix(mostFindings).map { finding -> HTML in
            let place: HTML? = finding.queue.map { "\(Parts.link(links.queue($0), $0.text)): " }
            return """
                <li class="\(finding.severity == .problem ? "wrong" : "look")">\(place)\(finding.what)<span class="cure">\(finding.cure)</span></li>

                """
        }
        let rest = sorted.count - items.count
        let unseen = diagnosis.parts.flatMap { part in part.unseen.map { "\(part.subject): \($0)" } }
        let looked = diagnosis.parts.filter { !$0.looked.isEmpty }.prefix(mostQueues).map { part -> HTML in
            "<li>\(part.subject.description): \(part.looked)</li>\n"
        }
        let unseenList: HTML? =
            unseen.isEmpty
            ? nil : "<h3>Not examined</h3>\n<ul>\n\(unseen.prefix(mostQueues).map { "<li>\($0)</li>\n" as HTML })</ul>"
        return """
            \(items.isEmpty ? nil : "<ul class=\"notes\">\(items)</ul>" as HTML)
            \(rest > 0 ? Parts.empty("and \(HumanText.number(rest)) more") : nil)
            \(unseenList)
            <details><summary>What was examined</summary><ul>
            \(looked)</ul></details>
            """
    }

    // MARK: Audits

    private static func audits(_ queues: [QueueName], _ request: WebRequest) async -> HTML {
        if queues.isEmpty { return Parts.empty("There is no queue.") }
        var table = Table("Audits", [.init("Queue"), .init("Last audit", .short), .init("Checked", .number)])
        for queue in queues.prefix(mostQueues) {
            let standing = await request.site.health.known(queue)?.audit.current
            let report = standing?.progress ?? standing?.value
            table.rows.append([
                Parts.link(request.links.to("health", "audit", queue.text), queue.text), AuditPage.word(standing),
                report.map { Parts.number($0.checked) } ?? "",
            ])
        }
        let rest = queues.count - table.rows.count
        return table.html + (rest > 0 ? Parts.empty("and \(HumanText.count(rest, "more queue"))") : "")
    }
}
