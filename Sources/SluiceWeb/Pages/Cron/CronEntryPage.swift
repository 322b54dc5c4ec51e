import Sluice
import SluiceCore
import SluiceInspector

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// One recurring job: its schedule, its next ticks, what became of the last ones.
enum CronEntryPage {
    static let routes: [Route] = [
        .page("cron/{queue}/{name}") { try await page($0) }, .action("cron/{queue}/{name}/pause") { try await act($0, .pause) },
        .action("cron/{queue}/{name}/resume") { try await act($0, .resume) },
        .action("cron/{queue}/{name}/run") { try await act($0, .run) },
    ]

    private static let ticks = 5
    private static let lines = 50

    private static func page(_ request: WebRequest) async throws -> Page {
        let (queue, name) = (try request.queue(), try name(request))
        guard let entry = try await request.inspector.cronEntry(name, in: queue) else { throw unknown(name, queue) }
        let history = try await request.inspector.cronHistory(of: name, in: queue, limit: lines) ?? []
        let content: HTML = """
            <p class="crumbs">\(Parts.link(request.links.to("cron"), "Cron")) / \(Parts.link(request.links.queue(queue), queue.text))</p>
            <h1>\(name)</h1>
            <p class="sub"><code class="line">\(entry.expression)</code> <span class="soft">\(entry.zone)</span>\(entry.words.map { "<br>\($0)" as HTML })</p>
            \(Parts.live("state", head(entry, request)))
            <h2>Next ticks</h2>
            \(Parts.live("next", next(entry)))
            <h2>Last ticks</h2>
            \(Parts.live("history", table(history, entry, request.links)))
            <h2>Job</h2>
            \(Parts.live("job", job(entry)))
            """
        return Page(
            title: "Cron \(name)", section: .cron, command: "sluice cron history \(name) --queue \(queue)", topics: [queue.text],
            content: content)
    }

    private static func name(_ request: WebRequest) throws -> String {
        let name = request.part("name")
        do throws(SluiceError) {
            try checkName(name, of: "cron entry")
        } catch {
            throw unknown(name, try request.queue())
        }
        return name
    }

    private static func unknown(_ name: String, _ queue: QueueName) -> WebError {
        .notFound("The cron entry \(name.prefix(80))", "The queue \(queue) has no entry of this name.")
    }

    private static func head(_ entry: CronStatus, _ request: WebRequest) -> HTML {
        var notes: [HTML] = []
        if let pause = entry.pause {
            let reason = pause.reason.isEmpty ? "" : ": \(pause.reason)"
            notes.append(
                "<li class=\"look\">Paused \(Parts.time(pause.since, at: entry.time))\(reason). Ticks during a pause are not made up for.</li>\n"
            )
        }
        if entry.isLate, let next = entry.next {
            notes.append(
                "<li class=\"wrong\">A tick was due \(Parts.time(next, at: entry.time)) and has not fired. A worker of \(entry.queue.text) fires it. Look at \(Parts.link(request.links.to("workers", query: [("queue", entry.queue.text)]), "the workers of the queue")).</li>\n"
            )
        }
        if !entry.isDeclared {
            notes.append("<li class=\"look\">No live worker declares it any more. It still fires.</li>\n")
        }
        if entry.last?.outcome == .skipped, let job = entry.last?.job {
            notes.append(
                "<li class=\"look\">The last tick was skipped: \(Parts.link(request.links.job(job, in: entry.queue), "the job before it")) had not ended.</li>\n"
            )
        }
        return """
            <p>\(Parts.state(entry))</p>
            \(notes.isEmpty ? nil : "<ul class=\"notes\">\(notes)</ul>" as HTML)
            \(Parts.facts(facts(entry)))
            \(request.mayUseClient ? actions(entry, request.links) : nil)
            """
    }

    private static func facts(_ entry: CronStatus) -> [(String, HTML?)] {
        let catchUp =
            switch entry.catchUp {
            case .none: "are not made up for"
            case .latest: "are made up for by one job"
            case .all(let limit): "are made up for, \(HumanText.number(limit)) at most"
            }
        let overlap =
            switch entry.overlap {
            case .allow: "the tick enqueues another job"
            case .skip: "the tick is skipped"
            case .queueOne: "one job waits for its end"
            }
        return [
            ("Next", entry.pause == nil ? entry.next.map { Parts.time($0, at: entry.time) } : nil),
            ("Runs", "\(HumanText.number(entry.runs))\(entry.limit.map { " of at most \(HumanText.number($0))" } ?? "")"),
            ("Missed ticks", "\(catchUp)"), ("If the last job has not ended", "\(overlap)"),
            ("Random delay", entry.jitter > .zero ? "up to \(HumanText.duration(entry.jitter))" : nil),
            ("First tick", entry.start.map { Parts.clock($0) }), ("Last tick", entry.end.map { Parts.clock($0) }),
            ("Finished", entry.finished.map { Parts.time($0, at: entry.time) }),
            ("Comes from", entry.source == .code ? "the code of workers" : "an operator"),
        ]
    }

    private static func next(_ entry: CronStatus) -> HTML {
        let from = max(entry.time, entry.next.map { $0.addingTimeInterval(-1) } ?? entry.time)
        guard let ticks = try? entry.ticks(after: from, count: ticks), let zone = TimeZone(identifier: entry.zone) else {
            return Parts.empty("This program does not know the schedule or the zone.")
        }
        if ticks.isEmpty || entry.finished != nil { return Parts.empty("It has no tick left.") }
        let isUTC = zone.secondsFromGMT(for: entry.time) == 0 && entry.zone == "UTC"
        var table = Table(
            "Next ticks", [.init("UTC", .short)] + (isUTC ? [] : [.init("\(entry.zone)", .short)]) + [.init("From now", .short)])
        table.rows = ticks.map { tick in
            [Parts.clock(tick)] + (isUTC ? [] : ["\(LocalTime.text(tick, in: zone))"]) + [Parts.time(tick, at: entry.time)]
        }
        return table.html + (entry.pause == nil ? "" : "<p class=\"soft\">It does not fire while it is paused.</p>")
    }

    private static func table(_ history: [CronTick], _ entry: CronStatus, _ links: Links) -> HTML {
        if history.isEmpty { return Parts.empty("It has had no tick yet.") }
        var table = Table(
            "Last ticks", [.init("Tick", .short), .init("Outcome", .short), .init("Late", .number), .init("Job")])
        table.rows = history.map { tick in
            let until: HTML? = tick.until.flatMap { $0 == tick.tick ? nil : " to \(Parts.clock($0))" as HTML }
            let job = tick.job.map {
                Parts.link(links.job($0, in: entry.queue), "<span class=\"mono\">\($0.text)</span>" as HTML)
            }
            let late = tick.outcome == .byHand ? nil : max(tick.tick.age(at: tick.at), .zero)
            return ["\(Parts.clock(tick.tick))\(until)", Parts.outcome(tick), Parts.duration(late), job ?? ""]
        }
        return table.html
    }

    private static func job(_ entry: CronStatus) -> HTML {
        let arguments: HTML = "<pre tabindex=\"0\">\(String(entry.arguments.prefix(20_000)))</pre>"
        return Parts.facts([("Kind", "\(entry.kind)"), ("Encrypted with key", entry.key.map { "\($0)" })]) + arguments
    }

    // MARK: Actions

    private enum Verb: String { case pause, resume, run }

    private static func actions(_ entry: CronStatus, _ links: Links) -> HTML {
        func address(_ verb: Verb) -> String { links.to("cron", entry.queue.text, entry.name, verb.rawValue) }
        let toggle: HTML =
            entry.pause == nil
            ? Parts.asks(
                "Pause", to: address(.pause),
                meaning:
                    "It does not fire until it is resumed, even if workers declare it again. Ticks during the pause are not made up for.",
                confirm: "Pause \(entry.name)", id: "pause")
            : Parts.button("Resume", to: address(.resume), style: "first")
        let run = Parts.asks(
            "Run now", to: address(.run),
            meaning: "One job is enqueued at once, even during a pause, at the limit of runs, or while a job of this entry runs.",
            confirm: "Enqueue one job", id: "run")
        return "<div class=\"actions\">\(toggle)\(run)</div>"
    }

    /// The one place where this page changes something.
    private static func act(_ request: WebRequest, _ verb: Verb) async throws -> String {
        let (queue, name) = (try request.queue(), try name(request))
        let (crontab, reason) = (try request.client().crontab(of: queue), request.reason)
        guard try await request.inspector.cronEntry(name, in: queue) != nil else { throw unknown(name, queue) }
        let action: Action.Verb =
            switch verb {
            case .pause: .cronPause
            case .resume: .cronResume
            case .run: .cronRun
            }
        let job = try await request.change { inspector throws(SluiceError) in
            try await inspector.record(action, on: name, in: queue) { tally throws(SluiceError) -> JobID? in
                switch verb {
                case .pause: tally.count(try await crontab.pause(name, reason: reason))
                case .resume: tally.count(try await crontab.resume(name))
                case .run:
                    tally.count(true)
                    return try await crontab.run(name)
                }
                return nil
            }
        }
        return job.map { request.links.job($0, in: queue) } ?? request.links.to("cron", queue.text, name)
    }
}
