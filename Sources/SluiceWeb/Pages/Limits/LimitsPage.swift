import SluiceCore
import SluiceInspector

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The queues with limits, what holds jobs back, and dependencies.
enum LimitsPage {
    static let routes: [Route] = [.page("limits") { try await page($0) }]

    /// The queues whose gates are read, those with the most waiting lanes first.
    private static let mostRead = 10
    private static let mostRows = 200
    private static let mostGates = 60

    private static func page(_ request: WebRequest) async throws -> Page {
        let outlines = try await request.inspector.outlines()
        let limited = outlines.filter { $0.limits + $0.overrides + $0.lanesWaiting > 0 }
            .sorted { ($1.lanesWaiting, $0.queue) < ($0.lanesWaiting, $1.queue) }
        let limits = try await request.inspector.limits(of: limited.prefix(mostRead).map(\.queue))
        let snapshot = try await request.site.watcher.snapshot()
        let off = try await request.inspector.dependenciesOff()
        let unavailable = snapshot.queues.flatMap(\.unavailable)
        let content: HTML = """
            <h1>Limits</h1>
            \(Parts.live("queues", queues(limited, limits, request.links)))
            <h2>What holds jobs back</h2>
            \(Parts.live("gates", gates(limits, unread: limited.count - limits.count, request.links)))
            <h2 id="dependencies">Dependencies</h2>
            \(Parts.live("dependencies", dependencies(unavailable, off, at: snapshot.time, request)))
            \(request.allows(.operator) ? DependencyForms.switchOff(request.links, queue: nil) : nil)
            """
        return Page(
            title: "Limits", section: .limits, command: "sluice limits list", topics: ["*"], content: content)
    }

    private static func queues(_ outlines: [QueueOutline], _ limits: [QueueLimits], _ links: Links) -> HTML {
        if outlines.isEmpty {
            return Parts.empty(
                "No queue has limits. Workers declare limits in code. You can set a limit on the limits page of a queue.")
        }
        let read = Dictionary(limits.map { ($0.queue, $0) }) { first, _ in first }
        var table = Table(
            "Queues with limits",
            [
                .init("Queue"), .init("Running", .number), .init("Lanes waiting", .number), .init("Declared", .number),
                .init("Overridden", .number), .init("In force", .long, isWide: true),
            ])
        table.rows = outlines.prefix(mostRows).map { outline in
            let limits = read[outline.queue]
            let settings = (limits?.effective ?? []).prefix(6).map { "\($0.name) \($0.notation)" }
            return [
                Parts.link(links.to("limits", outline.queue.text), outline.queue.text),
                limits.map { Parts.number($0.running) } ?? "", Parts.number(outline.lanesWaiting), Parts.number(outline.limits),
                Parts.number(outline.overrides), "\(settings.joined(separator: ", "))",
            ]
        }
        let rest = outlines.count - table.rows.count
        return table.html + (rest > 0 ? Parts.empty("and \(HumanText.count(rest, "more queue"))") : "")
    }

    private static func gates(_ limits: [QueueLimits], unread: Int, _ links: Links) -> HTML {
        let holding = limits.flatMap { limits in limits.gates.filter(\.holdsBack).map { (limits, $0) } }
        let note: HTML? =
            unread > 0
            ? "<p class=\"soft\">Gates of the \(mostRead) queues with the most waiting lanes. Each other queue has a limits page of its own.</p>"
            : nil
        if holding.isEmpty { return "\(Parts.empty("No gate holds a job back."))\(note)" }
        var table = GateTable(hasQueue: true)
        for (limits, gate) in holding.prefix(mostGates) { table.add(gate, of: limits, links) }
        let rest = holding.count - min(holding.count, mostGates)
        return "\(table.html)\(rest > 0 ? Parts.empty("and \(HumanText.count(rest, "more gate"))") : nil)\(note)"
    }

    /// Those that jobs cannot use now.
    private static func dependencies(
        _ unavailable: [DependencyStatus], _ off: Set<String>, at now: Date, _ request: WebRequest
    ) -> HTML {
        let unseen = off.subtracting(unavailable.filter { $0.offSince != nil }.map(\.name)).sorted()
        if unavailable.isEmpty, unseen.isEmpty {
            return Parts.empty("All known dependencies are on, and no breaker is open.")
        }
        var table = DependencyTable(hasQueue: true, mayAct: request.allows(.operator))
        for dependency in unavailable.prefix(mostRows) {
            table.add(dependency, everywhere: off.contains(dependency.name), at: now, request.links)
        }
        for name in unseen.prefix(mostRows) { table.add(off: name, request.links) }
        return table.html
    }
}

extension Inspector {
    /// The limits of several queues, in their order.
    func limits(of queues: [QueueName]) async throws -> [QueueLimits] {
        try await InOrder.map(queues) { queue throws(SluiceError) in try await self.limits(of: queue) }
    }
}

extension GateStatus {
    /// Whether no job can pass now, or lanes wait.
    var holdsBack: Bool {
        lanesWaiting > 0 || concurrency.map { running >= $0 } ?? false || rate.map { $0.next > .zero } ?? false
            || breaker.map { $0.state != .closed } ?? false
    }
}
