import SluiceCore
import SluiceInspector

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The recurring jobs of all queues, or of one.
enum CronPage {
    static let routes: [Route] = [.page("cron") { try await page($0) }]

    /// The most queues that are read for one page, with two calls each.
    private static let mostQueues = 8
    private static let mostRows = 300

    private static func page(_ request: WebRequest) async throws -> Page {
        let chosen = try request.chosenQueue(request.query)
        let outlines = try await request.inspector.outlines().filter { $0.cronEntries > 0 }
        let first = try request.number("from")
        let asked = outlines.filter { chosen == nil || $0.queue == chosen }.dropFirst(first).prefix(mostQueues)
        let entries = try await request.inspector.cron(of: asked.map(\.queue))
        let hasMore = chosen == nil && first + asked.count < outlines.count
        let choices =
            [Parts.Choice("all queues", request.links.to("cron"), isChosen: chosen == nil)]
            + outlines.prefix(40).map {
                Parts.Choice(
                    $0.queue.text, request.links.to("cron", query: [("queue", $0.queue.text)]), count: $0.cronEntries,
                    isChosen: $0.queue == chosen)
            }
        let content: HTML = """
            <h1>Cron</h1>
            \(outlines.count > 1 ? Parts.choices("Queue", choices) : nil)
            \(Parts.live("cron", list(entries, isFiltered: chosen != nil, request.links)))
            \(Parts.next(hasMore ? request.links.to("cron", query: [("from", "\(first + asked.count)")]) : nil))
            """
        return Page(
            title: "Cron", section: .cron, command: "sluice cron list" + (chosen.map { " --queue \($0)" } ?? ""),
            topics: chosen.map { [$0.text] } ?? ["*"], content: content)
    }

    private static func list(_ entries: [CronStatus], isFiltered: Bool, _ links: Links) -> HTML {
        if entries.isEmpty {
            return Parts.empty(
                isFiltered
                    ? "This queue has no recurring job."
                    : "There is no recurring job. Workers declare recurring jobs in code. The command sluice cron add creates one."
            )
        }
        let late = entries.filter(\.isLate)
        let note: HTML? =
            late.isEmpty
            ? nil
            : """
            <ul class="notes"><li class="wrong">\(late.count == 1 ? "1 entry should have fired by now" : "\(HumanText.number(late.count)) entries should have fired by now"): \(late.prefix(10).map { Parts.link(links.cron($0), $0.name) }.joined(", ")). A worker of the queue fires them.</li></ul>
            """
        var table = Table(
            "Recurring jobs",
            [
                .init("Entry"), .init("Queue", .short), .init("Schedule"), .init("Next", .short),
                .init("State", .short), .init("Last tick", .short), .init("Runs", .number, isWide: true),
                .init("Kind", isWide: true),
            ])
        table.rows = entries.prefix(mostRows).map { entry in
            [
                Parts.link(links.cron(entry), entry.name), Parts.link(links.queue(entry.queue), entry.queue.text),
                schedule(entry),
                Parts.time(entry.next, at: entry.time), Parts.state(entry), last(entry), runs(entry), "\(entry.kind)",
            ]
        }
        let rest = entries.count - table.rows.count
        return "\(note)\(table.html)\(rest > 0 ? Parts.empty("and \(HumanText.count(rest, "more entry"))") : nil)"
    }

    private static func schedule(_ entry: CronStatus) -> HTML {
        let words: HTML? = entry.words.map { "<br><span class=\"soft\">\($0)</span>" }
        return """
            <code class="line">\(entry.expression)</code> <span class="soft">\(entry.zone == "UTC" ? "" : entry.zone)</span>\(words)
            """
    }

    private static func last(_ entry: CronStatus) -> HTML {
        guard let last = entry.last else { return "<span class=\"zero\">none yet</span>" }
        return "\(Parts.outcome(last)) \(Parts.time(last.at, at: entry.time))"
    }

    private static func runs(_ entry: CronStatus) -> HTML {
        "\(HumanText.number(entry.runs))\(entry.limit.map { " of \(HumanText.number($0))" } ?? "")"
    }
}

extension Inspector {
    /// The cron entries of several queues, queue by queue.
    func cron(of queues: [QueueName]) async throws -> [CronStatus] {
        try await InOrder.map(queues) { queue throws(SluiceError) in try await self.cron(of: queue) }.flatMap { $0 }
    }
}

extension Links {
    func cron(_ entry: CronStatus) -> String { to("cron", entry.queue.text, entry.name) }
}

extension CronStatus {
    /// The schedule in plain English; nil where the expression says it better, or this program does not know it.
    var words: String? {
        guard let schedule = try? CronExpression(expression), schedule.words != expression else { return nil }
        return schedule.words
    }

    /// Whether a tick is due for so long that a live worker would have fired it.
    var isLate: Bool { next.map { $0.age(at: time) > .seconds(60) } ?? false }
}

extension Parts {
    static func state(_ entry: CronStatus) -> HTML {
        if entry.pause != nil { return word(.look, "paused") }
        if entry.isLate { return word(.wrong, "should have fired") }
        if entry.finished != nil || entry.next == nil { return word(.quiet, "finished") }
        if !entry.isDeclared { return word(.look, "no longer declared") }
        if entry.last?.outcome == .missed { return word(.look, "missed a tick") }
        return word(.good, "on time")
    }

    /// What became of a tick.
    static func outcome(_ tick: CronTick) -> HTML {
        switch tick.outcome {
        case .enqueued: word(.good, "enqueued")
        case .exists: word(.quiet, "job existed")
        case .skipped: word(.look, "skipped")
        case .missed:
            word(.wrong, "missed" + (tick.count.map { $0 > 1 ? " \(HumanText.number($0)) ticks" : "" } ?? " over 1,000 ticks"))
        case .byHand: word(.quiet, "by hand")
        }
    }
}
