import HTTPTypes
import SluiceCore
import SluiceInspector

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The audit of one queue, and its repair: a plan first, then the repair itself.
enum AuditPage {
    static let routes: [Route] = [
        Route(method: .get, path: "health/audit/{queue}", role: .viewer) { request in
            PageLayout.response(try await page(request), to: request)
        },
        .action("health/audit/{queue}/start") { try await start($0) },
        .action("health/audit/{queue}/stop") { try await stop($0) },
        .action("health/audit/{queue}/plan", role: .admin) { try await plan($0) },
        .action("health/audit/{queue}/repair", role: .admin) { try await repair($0) },
    ]

    private static let mostRows = 200

    private static func page(_ request: WebRequest) async throws -> Page {
        let queue = try await request.usedQueue()
        let runs = await request.site.health.known(queue)
        let audit = await runs?.audit.current
        let isUnderWay = await runs?.isUnderWay ?? false
        let content: HTML = """
            <p class="crumbs">\(Parts.link(request.links.to("health"), "Health")) / \(Parts.link(request.links.queue(queue), queue.text))</p>
            <h1>Audit of \(queue.text)</h1>
            <p>\(word(audit))</p>
            \(request.allows(.operator) ? buttons(queue, isUnderWay: isUnderWay, request.links) : nil)
            \(result(audit?.progress ?? audit?.value))
            \(await repairs(queue, runs, audit, isUnderWay: isUnderWay, request))
            """
        var page = Page(
            title: "Audit of \(queue)", section: .health, command: "sluice audit \(queue)", content: content)
        page.refresh = isUnderWay ? 1 : nil
        return page
    }

    /// The state of an audit in words.
    static func word(_ standing: SharedRun<AuditReport>.Standing?) -> HTML {
        guard let standing else { return Parts.word(.quiet, "not audited since this server started") }
        if standing.begun != nil {
            let found = standing.progress?.violations.count ?? 0
            return Parts.word(
                .runs,
                "being audited: \(HumanText.number(standing.progress?.checked ?? 0)) checked, "
                    + "\(HumanText.count(found, "violation")) so far")
        }
        let age: HTML? = standing.ended.map { " <span class=\"soft\">\(Parts.time($0, at: Date()))</span>" }
        if let failure = standing.failure { return "\(Parts.word(.wrong, "the audit failed: \(failure)"))\(age)" }
        guard let report = standing.value else { return Parts.word(.quiet, "not audited since this server started") }
        let end = report.isComplete ? "" : ", and there may be more"
        if report.isClean {
            return "\(Parts.word(report.isComplete ? .good : .look, report.isComplete ? "clean" : "stopped early"))\(age)"
        }
        return "\(Parts.word(.wrong, HumanText.count(report.violations.count, "violation") + end))\(age)"
    }

    private static func buttons(_ queue: QueueName, isUnderWay: Bool, _ links: Links) -> HTML {
        let button =
            isUnderWay
            ? Parts.button("Stop", to: links.to("health", "audit", queue.text, "stop"), style: "danger")
            : Parts.button("Audit now", to: links.to("health", "audit", queue.text, "start"), style: "first")
        return "<div class=\"actions\">\(button)</div>"
    }

    private static func result(_ report: AuditReport?) -> HTML {
        guard let report else { return "" }
        let checked: HTML = "<p class=\"soft\">\(HumanText.number(report.checked)) jobs, lanes, workers and entries checked.</p>"
        if report.isClean { return checked }
        var table = Table("Violations", [.init("Invariant", .short), .init("What is wrong", .long)])
        table.rows = report.violations.prefix(mostRows).map { ["\($0.invariant)", "\($0.what)"] }
        let rest = report.violations.count - table.rows.count
        return "\(checked)\(table.html)\(rest > 0 ? Parts.empty("and \(HumanText.number(rest)) more") : nil)"
    }

    // MARK: Repair

    private static func repairs(
        _ queue: QueueName, _ runs: HealthTasks.QueueRuns?, _ audit: SharedRun<AuditReport>.Standing?, isUnderWay: Bool,
        _ request: WebRequest
    ) async -> HTML {
        let (plan, repair) = (await runs?.plan.current, await runs?.repair.current)
        let isBroken = audit?.value?.isClean == false
        if plan == nil && repair == nil && !isBroken { return "" }
        if !isBroken && plan?.ended == nil && plan?.begun == nil && repair?.ended == nil && repair?.begun == nil { return "" }
        var content: HTML = "<h2>Repair</h2>\n"
        if !request.allows(.admin) { content += "<p class=\"soft\">Only the role admin can repair.</p>" }
        if repair?.begun != nil { return content + "<p>\(Parts.word(.runs, "Being repaired"))</p>" }
        if plan?.begun != nil { return content + "<p>\(Parts.word(.runs, "A plan is being made")). Nothing is changed.</p>" }
        for failure in [plan?.failure, repair?.failure].compactMap({ $0 }) {
            content += "<p>\(Parts.word(.wrong, failure))</p>"
        }
        let mayAct = request.allows(.admin) && !isUnderWay
        if let done = repair?.value, let end = repair?.ended, end >= plan?.ended ?? .distantPast {
            let made = done.count { $0.cure != nil }
            content += "<p>\(Parts.word(.good, "\(HumanText.count(made, "repair")) made")). Audit again to see what is left.</p>"
            content += table("Repairs that were made", done)
        } else if let plan = plan?.value {
            content += agreement(queue, plan, mayAct: mayAct, request.links)
        }
        if mayAct, isBroken {
            content +=
                "<div class=\"actions\">\(Parts.button("Show what a repair would do", to: request.links.to("health", "audit", queue.text, "plan")))</div>"
        }
        return content
    }

    private static func agreement(_ queue: QueueName, _ plan: [Repair], mayAct: Bool, _ links: Links) -> HTML {
        let count = plan.count { $0.cure != nil }
        if plan.isEmpty { return "<p>\(Parts.word(.good, "There is nothing to repair."))</p>" }
        let form: HTML? =
            mayAct && count > 0
            ? """
            <form method="post" action="\(links.to("health", "audit", queue.text, "repair"))">
            <p>Workers can go on. No job is lost. A job that was in two places may run once more.</p>
            <label for="reason">Reason</label><input id="reason" name="reason" maxlength="500" size="40">
            <div class="actions"><button class="danger">Make \(HumanText.count(count, "repair"))</button></div>
            </form>
            """ : nil
        return "<p>A repair would do this. Nothing is changed yet.</p>\(table("What a repair would do", plan))\(form)"
    }

    private static func table(_ caption: String, _ repairs: [Repair]) -> HTML {
        if repairs.isEmpty { return "" }
        var table = Table(caption, [.init("Invariant", .short), .init("What is wrong", .long), .init("Repair", .long)])
        table.rows = repairs.prefix(mostRows).map { ["\($0.invariant)", "\($0.what)", "\($0.cure ?? "no safe repair")"] }
        let rest = repairs.count - table.rows.count
        return "\(table.html)\(rest > 0 ? Parts.empty("and \(HumanText.number(rest)) more") : nil)"
    }

    // MARK: Actions

    /// The runs of the queue, if it may be examined now.
    private static func free(_ request: WebRequest) async throws -> (queue: QueueName, runs: HealthTasks.QueueRuns) {
        let queue = try await request.usedQueue()
        let health = request.site.health
        guard await health.hasRoom() else {
            throw WebError(.serviceUnavailable, "Too many audits at once", "Wait for one to end.", retryAfter: 5)
        }
        let runs = await health.runs(of: queue)
        if await runs.isUnderWay { throw WebError(.conflict, "This queue is being examined", "Wait for the end, or stop it.") }
        return (queue, runs)
    }

    private static func start(_ request: WebRequest) async throws -> String {
        let (queue, runs) = try await free(request)
        let inspector = request.inspector
        await runs.audit.begin { note in try await inspector.audit(queue) { await note($0) } }
        return request.links.to("health", "audit", queue.text)
    }

    private static func stop(_ request: WebRequest) async throws -> String {
        let queue = try await request.usedQueue()
        if let runs = await request.site.health.known(queue) {
            await runs.audit.stop()
            await runs.plan.stop()
            await runs.repair.stop()
        }
        return request.links.to("health", "audit", queue.text)
    }

    private static func plan(_ request: WebRequest) async throws -> String {
        let (queue, runs) = try await free(request)
        let inspector = request.inspector
        await runs.plan.begin { _ in try await inspector.repairPlan(queue) }
        return request.links.to("health", "audit", queue.text)
    }

    /// The one place where this page changes something.
    private static func repair(_ request: WebRequest) async throws -> String {
        let (queue, runs) = try await free(request)
        guard let plan = await runs.plan.current.value, plan.contains(where: { $0.cure != nil }) else {
            throw WebError(.conflict, "There is no plan", "Show what a repair would do first. Nothing was changed.")
        }
        let (inspector, site) = (request.author, request.site)
        await runs.repair.begin { _ in
            let done = try await inspector.repair(queue)
            await site.changed()
            return done
        }
        return request.links.to("health", "audit", queue.text)
    }
}
