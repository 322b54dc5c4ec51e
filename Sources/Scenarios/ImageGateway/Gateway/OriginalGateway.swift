import Sluice
import SluiceStore

/// The gateway as it was: a row for each task, which a poll brings up to date, and hooks that come from the upstream.
struct OriginalGateway: Front {
    let scale: Scale
    let rows: OriginalRows
    let upstream: UpstreamClient

    func take(_ order: Order, hook: String) async throws {
        let account = order.account(scale)
        let message = Messages.Submit(order: order.number, reference: order.id, token: order.id, hook: hook)
        let task = try await upstream.submit(message, to: account.name)
        try await rows.put(OriginalRows.Row(order: order.number, account: account.name, task: task))
    }

    /// The action is checked against the row.
    func act(on order: Order, index: Int) async throws -> Bool {
        guard let row = try await rows.row(order), row.status == .success else {
            throw ActionRefused(reason: "task_status_not_success")
        }
        let reference = Gateway.action(on: order, index: index)
        let message = Messages.Submit(order: order.number, reference: reference, token: reference, parent: row.task)
        _ = try await upstream.submit(message, to: row.account)
        return true
    }

    func standing(of order: Order) async throws -> Standing {
        guard let row = try await rows.row(order) else { return Standing(state: "missing", version: 0) }
        return Standing(state: row.state, version: 0)
    }
}

extension OriginalRows.Row {
    /// The word that Sluice has for it.
    var state: String {
        switch status {
        case .success: "completed"
        case .failure: "discarded"
        case .inProgress: "executing"
        }
    }
}
