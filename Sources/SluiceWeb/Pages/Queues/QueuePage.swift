import SluiceCore
import SluiceInspector

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// One queue: how it stands, its last hour, its states, and what holds it back.
enum QueuePage {
    static let routes: [Route] = [
        .page("queues/{queue}") { try await page($0) },
        .action("queues/{queue}/pause") { request in
            let queue = try request.queue()
            try await request.change { inspector throws(SluiceError) in
                _ = try await inspector.pause(queue, reason: request.reason)
            }
            return request.links.queue(queue)
        },
        .action("queues/{queue}/resume") { request in
            let queue = try request.queue()
            try await request.change { inspector throws(SluiceError) in _ = try await inspector.resume(queue) }
            return request.links.queue(queue)
        },
    ]

    private static func page(_ request: WebRequest) async throws -> Page {
        let name = try request.queue()
        let snapshot = try await request.site.watcher.snapshot()
        guard let queue = snapshot.queue(name) else {
            throw WebError.notFound("The queue \(name)", "No client and no worker has used it.")
        }
        let standing = Standing(queue)
        let forecast = try await request.inspector.forecast(of: name)
        let content: HTML = """
            <h1>\(name.text)</h1>
            \(Parts.live("head", head(queue, standing, forecast, request)))
            \(Parts.live("chart", chart(queue, snapshot.time)))
            \(Parts.live("kinds", kinds(queue)))
            <h2>Jobs</h2>
            \(Parts.live("states", states(queue.status, request.links)))
            \(Parts.live("facts", facts(queue, request.links)))
            """
        return Page(
            title: name.text, section: .overview, command: "sluice status \(name)", topics: [name.text], content: content)
    }

    private static func head(_ queue: Snapshot.Queue, _ standing: Standing, _ forecast: Forecast, _ request: WebRequest) -> HTML {
        let status = queue.status
        let notes = standing.notes.map { "<li class=\"\($0.tone.rawValue)\">\($0.text)</li>\n" as HTML }
        return """
            <p class="sub">\(standing.word(status))</p>
            \(notes.isEmpty ? nil : "<ul class=\"notes\">\(notes)</ul>" as HTML)
            \(figures(queue))
            \(forecast.sentences.map { "<p class=\"soft\">\(sentence($0))</p>\n" as HTML })
            \(request.allows(.operator) ? actions(status, request.links) : nil)
            """
    }

    private static func sentence(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() + "." }

    private static func figures(_ queue: Snapshot.Queue) -> HTML {
        let status = queue.status
        return Figures([
            .init(status.available, "ready"), .init(status.executing, "running"),
            .init(queue.lastHour("completed"), "done in the last hour"),
            .init(queue.lastHour("retried", "discarded"), "failed attempts in the last hour"),
            .init(queue.lastHour("discarded"), "discarded in the last hour"),
            .init(
                text: status.oldestAvailable == .zero ? "–" : HumanText.duration(status.oldestAvailable),
                "wait of the oldest ready job"),
            .init(status.workers, status.workers == 1 ? "worker" : "workers"),
        ]).html
    }

    private static func actions(_ status: QueueStatus, _ links: Links) -> HTML {
        if status.pause != nil {
            return
                "<div class=\"actions\">\(Parts.button("Resume", to: links.to("queues", status.queue.text, "resume"), style: "first"))</div>"
        }
        return """
            <div class="actions"><details class="act"><summary>Pause…</summary>
            <form method="post" action="\(links.to("queues", status.queue.text, "pause"))">
            <p>Running jobs go on. No other job starts until an operator resumes the queue. Clients can still enqueue jobs.</p>
            <label for="reason">Reason</label><input id="reason" name="reason" maxlength="500" size="40">
            <button class="first">Pause \(status.queue.text)</button>
            </form></details></div>
            """
    }

    private static func chart(_ queue: Snapshot.Queue, _ now: Date) -> HTML {
        func values(_ names: String...) -> [Int] { queue.perMinute(names, at: now) }
        return Charts.perMinute(
            enqueued: values("enqueued"), done: values("completed"), failed: values("retried", "discarded"),
            since: queue.firstMinute(at: now))
    }

    /// How long jobs waited and ran in the last hour, by kind.
    private static func kinds(_ queue: Snapshot.Queue) -> HTML {
        let runs = queue.runs.sorted { ($1.value.runs, $0.key) < ($0.value.runs, $1.key) }
        if runs.isEmpty { return "" }
        var table = Table(
            "Runs of the last hour by kind",
            [
                .init("Kind"), .init("Runs", .number), .init("Failed", .number), .init("Wait p50", .number, isWide: true),
                .init("Wait p95", .number), .init("Run p50", .number, isWide: true), .init("Run p95", .number),
                .init("Run p99", .number, isWide: true),
            ])
        table.rows = runs.prefix(20).map { kind, runs in
            [
                kind == History.other ? "<span class=\"soft\">other kinds</span>" : "\(kind)", Parts.number(runs.runs),
                Parts.number(runs.failures), Parts.duration(runs.waits.quantile(0.5)), Parts.duration(runs.waits.quantile(0.95)),
                Parts.duration(runs.durations.quantile(0.5)), Parts.duration(runs.durations.quantile(0.95)),
                Parts.duration(runs.durations.quantile(0.99)),
            ]
        }
        return "<h2>Runs of the last hour</h2>\n\(table.html)"
    }

    private static func states(_ status: QueueStatus, _ links: Links) -> HTML {
        var table = Table(
            "Jobs by state",
            [.init("State", .short), .init("Jobs", .number), .init("Oldest", .number), .init("Kept", .short, isWide: true)])
        table.rows = JobState.listed.map { state in
            let address = links.to("jobs", query: [("queue", status.queue.text), ("state", state.rawValue)])
            let kept = status.retention[state].map { keeps in
                "at most \(HumanText.number(keeps.count)), for \(HumanText.duration(keeps.age))"
            }
            return [
                Parts.link(address, Parts.state(state)), Parts.number(status.states[state, default: 0]),
                Parts.duration(status.oldest[state].flatMap { $0 == .zero ? nil : $0 }), "\(kept ?? "")",
            ]
        }
        return table.html
    }

    private static func facts(_ queue: Snapshot.Queue, _ links: Links) -> HTML {
        let status = queue.status
        let overrides = queue.overrides.map { "\($0.setting.name) = \($0.setting.value)" }
        return Parts.facts([
            ("Lanes with ready jobs", Parts.number(status.lanes)),
            (
                "Depth limit",
                status.depthLimit.map { "\(HumanText.number(status.waiting)) of \(HumanText.number($0))" as HTML }
            ),
            ("Overridden limits", overrides.isEmpty ? nil : "\(overrides.joined(separator: ", "))"),
            ("Outbox messages", status.outgoing > 0 ? Parts.number(status.outgoing) : nil),
            ("Since it was created", "\(totals(status))"),
            (
                "More",
                [
                    Parts.link(links.to("limits", status.queue.text), "limits"),
                    Parts.link(links.to("failures", query: [("queue", status.queue.text)]), "failures"),
                    Parts.link(links.to("workers", query: [("queue", status.queue.text)]), "workers"),
                    Parts.link(links.to("cron", query: [("queue", status.queue.text)]), "cron"),
                ].joined(" · ")
            ),
        ])
    }

    /// The counters since the queue was created, the most important first.
    private static func totals(_ status: QueueStatus) -> String {
        let names = ["enqueued", "completed", "retried", "discarded", "cancelled", "snoozed", "reclaimed", "refused"]
        return names.compactMap { name in
            status.totals[name].map { "\(HumanText.number($0)) \(name)" }
        }.joined(separator: ", ")
    }
}
