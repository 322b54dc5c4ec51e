import HTTPTypes
import SluiceCore
import SluiceInspector

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The limits of one queue: declared, overridden and in force; its gates and who holds them; its dependencies.
enum QueueLimitsPage {
    static let routes: [Route] = [
        .page("limits/{queue}") { try await page($0) }, .action("limits/{queue}/set") { try await set($0) },
        .action("limits/{queue}/clear") { try await clear($0) },
    ]

    private static let mostDependencies = 100

    private static func page(_ request: WebRequest) async throws -> Page {
        let queue = try await request.usedQueue()
        let limits = try await request.inspector.limits(of: queue)
        let dependencies = try await request.inspector.dependencies(of: queue)
        let off = dependencies.contains { $0.offSince != nil } ? try await request.inspector.dependenciesOff() : []
        let content: HTML = """
            <p class="crumbs">\(Parts.link(request.links.to("limits"), "Limits")) / \(Parts.link(request.links.queue(queue), queue.text))</p>
            <h1>Limits of \(queue.text)</h1>
            \(try await unknown(request, queue))
            \(Parts.live("settings", settings(limits, request)))
            \(request.allows(.operator) ? setForm(queue, request.links) : nil)
            <h2>Gates</h2>
            \(try await gate(request, limits))
            \(Parts.live("gates", gates(limits, request.links)))
            <h2 id="dependencies">Dependencies</h2>
            \(Parts.live("dependencies", table(dependencies, off, at: limits.time, request)))
            \(request.allows(.operator) ? DependencyForms.switchOff(request.links, queue: queue) : nil)
            """
        return Page(
            title: "Limits of \(queue)", section: .limits, command: "sluice limits list \(queue)", topics: [queue.text],
            content: content)
    }

    // MARK: Settings

    private static func settings(_ limits: QueueLimits, _ request: WebRequest) -> HTML {
        let declared = Dictionary(limits.declared.map { ($0.name, $0) }) { $1 }
        let overrides = Dictionary(limits.overrides.map { ($0.setting.name, $0) }) { $1 }
        let names = Set(declared.keys).union(overrides.keys).sorted()
        let counting: HTML? =
            limits.isMigrating
            ? "<ul class=\"notes\"><li class=\"look\">A new limit takes effect when all running jobs are counted.</li></ul>" : nil
        if names.isEmpty { return Parts.empty("No limit is declared or set.") }
        let mayAct = request.allows(.operator)
        var table = Table(
            "Limits",
            [
                .init("Limit"), .init("In force", .short), .init("Declared", .short), .init("Override", .short),
                .init("Ends", .short),
            ]
                + (mayAct ? [.init("Change", .short)] : []))
        for name in names.prefix(500) {
            let override = overrides[name]
            let standing =
                limits.effective(name).map { QueueLimits.Setting(name: name, value: $0) } ?? override?.setting ?? declared[name]
            let ends: HTML = override.map { $0.until.map { Parts.time($0, at: limits.time) } ?? "when an operator ends it" } ?? ""
            let change: HTML =
                override == nil
                ? ""
                : Parts.asks(
                    "End override", to: request.links.to("limits", limits.queue.text, "clear"),
                    meaning: "What code declares applies again: \(declared[name]?.notation ?? "no limit").",
                    confirm: "End the override of \(name)", hidden: [("name", name)], id: "clear-\(table.rows.count)")
            table.rows.append(
                [
                    "<code>\(name)</code>", "<strong>\(standing?.notation ?? "none")</strong>",
                    "\(declared[name]?.notation ?? "–")",
                    override.map { Parts.word(.look, $0.setting.notation) } ?? "–", ends,
                ] + (mayAct ? [change] : []))
        }
        return "\(counting)\(table.html)"
    }

    private static func setForm(_ queue: QueueName, _ links: Links) -> HTML {
        let inputs: HTML = """
            <div class="fields">
            <div><label for="limit">Limit</label><input id="limit" name="name" required maxlength="300" size="24" placeholder="concurrency/account"></div>
            <div><label for="value">Value</label><input id="value" name="value" required maxlength="60" size="12" placeholder="12, 40/10s, none"></div>
            <div><label for="for">For (empty: no end)</label><input id="for" name="for" maxlength="20" size="8" placeholder="30m"></div>
            </div>

            """
        return "<div class=\"actions\">"
            + Parts.asks(
                "Set a limit", to: links.to("limits", queue.text, "set"),
                meaning:
                    "concurrency, rate, depth: the whole queue. concurrency/account, rate/host, breaker/host: each value of a partition, or a dependency. concurrency/account=42, weight/account=42: one value. A rate is written 40/10s, a breaker 5/30s/20s (failures, within, cools for). The limit holds at once for all workers. Running jobs go on.",
                confirm: "Set the limit", inputs: inputs, id: "set")
            + "</div>"
    }

    /// A note after a limit was set on something that no job has.
    private static func unknown(_ request: WebRequest, _ queue: QueueName) async throws -> HTML? {
        guard let name = request.query["set"] else { return nil }
        let dimension = try? await request.inspector.unknownDimension(of: name, in: queue)
        return dimension.map {
            "<ul class=\"notes\"><li class=\"look\">No declared limit and no job of \(queue.text) has “\($0)”: the limit has no effect until a job has it.</li></ul>"
        }
    }

    // MARK: Gates

    private static func gates(_ limits: QueueLimits, _ links: Links) -> HTML {
        var table = GateTable(hasQueue: false)
        var gates = limits.gates
        if !gates.contains(where: { $0.gate == "*" }), let own = ownGate(limits) { gates.insert(own, at: 0) }
        if gates.isEmpty { return Parts.empty("No running job and no lane is at a gate.") }
        for gate in gates { table.add(gate, of: limits, links) }
        let next: HTML? = limits.nextStart.map { "<p class=\"soft\">Rate of the queue: \(GateTable.next($0)).</p>" }
        return "\(table.html)\(next)"
    }

    /// The gate of the whole queue, which is told apart from the others.
    private static func ownGate(_ limits: QueueLimits) -> GateStatus? {
        guard let places = limits.effective("concurrency").flatMap({ Int($0) }) else { return nil }
        return GateStatus(gate: "*", running: limits.running, concurrency: places, lanesWaiting: 0)
    }

    /// The gate that the address names: who holds it, and who waits.
    private static func gate(_ request: WebRequest, _ limits: QueueLimits) async throws -> HTML? {
        guard let name = request.query["gate"], name != "*" else { return nil }
        let found = try await request.inspector.limits(of: limits.queue, gate: name)
        let (holders, lanes) = try await request.inspector.holders(of: name, in: limits.queue)
        guard let gate = found.gates.first else { return nil }
        var table = Table("Holders of \(name)", [.init("Job"), .init("Worker"), .init("Since", .short)])
        table.rows = holders.map { holder in
            [
                Parts.link(
                    request.links.job(holder.id, in: limits.queue), "<span class=\"mono\">\(holder.id.text)</span>" as HTML),
                "\(holder.worker.text)", Parts.time(holder.since, at: found.time),
            ]
        }
        let rest = gate.running - holders.count
        let waiting = lanes.map { "<code>\($0.isEmpty ? "no partition" : $0)</code>" as HTML }
        let content: HTML = """
            <h3>\(name)</h3>
            \(Parts.facts([
                ("Places", GateTable.places(gate)), ("Rate", gate.rate.map(GateTable.rate)),
                ("Breaker", gate.breaker.map { GateTable.breaker($0, at: found.time) }),
                ("Lanes waiting", "\(HumanText.number(gate.lanesWaiting))\(waiting.isEmpty ? nil : ": \(waiting.joined(", "))" as HTML)"),
            ]))
            \(holders.isEmpty ? Parts.empty("No job holds it.") : table.html)
            \(rest > 0 && !holders.isEmpty ? "<p class=\"soft\">and \(HumanText.number(rest)) more</p>" as HTML : nil)
            <h3>All gates</h3>
            """
        return Parts.live("gate", content)
    }

    private static func table(
        _ dependencies: [DependencyStatus], _ off: Set<String>, at now: Date, _ request: WebRequest
    ) -> HTML {
        if dependencies.isEmpty { return Parts.empty("No job that waits or runs depends on anything.") }
        var table = DependencyTable(hasQueue: false, mayAct: request.allows(.operator))
        for one in dependencies.prefix(mostDependencies) {
            table.add(one, everywhere: off.contains(one.name), at: now, request.links)
        }
        let rest = dependencies.count - min(dependencies.count, mostDependencies)
        return "\(table.html)\(rest > 0 ? Parts.empty("and \(HumanText.number(rest)) more") : nil)"
    }

    // MARK: Actions

    private static func set(_ request: WebRequest) async throws -> String {
        let (queue, form) = (try request.queue(), request.form)
        guard let name = form["name"], let value = form["value"] else {
            throw WebError(.badRequest, "A limit and a value are needed", "The form lacks one of them. Nothing was changed.")
        }
        var span: Duration?
        if let text = form["for"] {
            do throws(SluiceError) {
                span = try DurationText.parse(text)
            } catch {
                throw WebError(.badRequest, "This is not a duration", error.message)
            }
            if span == .zero {
                throw WebError(.badRequest, "This is not a duration", "It would end at once. Nothing was changed.")
            }
        }
        let length = span
        _ = try await request.change { inspector throws(SluiceError) in
            try await inspector.override(name, to: value, in: queue, for: length)
        }
        return request.links.to("limits", queue.text, query: [("set", name)])
    }

    private static func clear(_ request: WebRequest) async throws -> String {
        let queue = try request.queue()
        guard let name = request.form["name"] else {
            throw WebError(.badRequest, "An override is needed", "The form names none. Nothing was changed.")
        }
        let wasThere = try await request.change { inspector throws(SluiceError) in try await inspector.restore(name, in: queue) }
        if !wasThere {
            throw WebError(.conflict, "There was no such override", "It may already have ended. Nothing was changed.")
        }
        return request.links.to("limits", queue.text)
    }
}
