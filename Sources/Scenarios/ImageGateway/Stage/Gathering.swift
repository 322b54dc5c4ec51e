import Foundation
import ScenarioSupport
import Sluice
import SluiceInspector

/// Reads what is left in Redis, with the upstream, the bank and the client, and in the file of runs.
struct Gathering {
    let stage: GatewayStage

    func gather() async throws {
        stage.evidence.tasks = stage.upstream.book.tasks
        stage.evidence.polls = stage.upstream.book.polls
        stage.evidence.refusals = stage.upstream.book.refusals
        stage.evidence.news = stage.upstream.told
        stage.evidence.hints = stage.gateway.hints
        stage.evidence.hooks = stage.client.hooks
        stage.evidence.wishes = stage.client.wishes
        stage.evidence.payments = stage.bank.payments
        if stage.asOriginal { try await gatherRows() } else { try await gatherJobs() }
        if await stage.crew.dismiss() > 0, !stage.asOriginal {
            stage.evidence.violations.append("a worker did not end in order")
        }
        stage.evidence.killed = await stage.crew.dead.count
        try stage.log.read()
        for line in stage.log.lines {
            switch line.verb {
            case .warned: stage.evidence.deaths[line.note, default: 0] += 1
            case .counted: stage.evidence.deadCounted += line.attempt
            default: break
            }
        }
    }

    private func gatherRows() async throws {
        for row in try await stage.rows.all() {
            let order = Order(number: row.order)
            stage.evidence.jobs.append(
                Evidence.Job(
                    order: order, account: order.account(stage.scale), accepted: stage.accepted[order] ?? 0, state: row.state,
                    ended: row.ended))
        }
    }

    private func gatherJobs() async throws {
        let inspector = stage.gateway.inspector
        for (order, time) in stage.accepted {
            let found = try await inspector.job(JobID(known: order.id), in: Gateway.queue)
            stage.evidence.jobs.append(
                Evidence.Job(
                    order: order, account: order.account(stage.scale), accepted: time, state: found?.state.rawValue ?? "missing",
                    ended: found?.endedAt.map { Int($0.timeIntervalSince1970 * 1_000_000) },
                    error: found?.failures.last?.message ?? "", crashes: found?.crashes ?? 0))
        }
        for order in Set(stage.evidence.wishes.map(\.order)) {
            let id = Gateway.action(on: order, index: 2)
            let found = try await inspector.job(JobID(known: id), in: Gateway.queue)
            stage.evidence.actions[id] = found?.state.rawValue ?? "missing"
            stage.evidence.actionErrors[id] = found?.failures.last?.message
        }
        stage.evidence.deadHooks = try await deadHooks()
        stage.evidence.ends = await stage.ends.ends
        stage.evidence.revived = await stage.ends.revived
        for queue in [Gateway.queue, Notify.queue] {
            let states = try await inspector.status(of: queue).states
            stage.evidence.left += states.filter { !$0.key.isEnded }.values.reduce(0, +)
        }
    }

    /// The orders whose notifications are kept because the client never took them.
    private func deadHooks() async throws -> Set<Int> {
        var found: Set<Int> = []
        var cursor: String?
        repeat {
            let page = try await stage.gateway.inspector.jobs(
                matching: JobFilter(queues: [Notify.queue], states: [.discarded]), limit: 1000, after: cursor)
            found.formUnion(page.jobs.compactMap { Order.number(of: $0.id.text) })
            cursor = page.next
        } while cursor != nil
        return found
    }
}
