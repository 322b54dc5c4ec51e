import Foundation
import NIOHTTP1
import ScenarioSupport
import Sluice
import SluiceWebhooks
import Synchronization

/// The client orders pictures. It hears of them by a web hook, and acts on them in the handler of the hook.
final class Client: Sendable {
    /// What its hook was told.
    struct Hook: Sendable {
        /// By which a repetition is known; nil of what is not signed.
        var id: String?
        var order: Order
        /// Such as `completed`.
        var state: String
        var version: Int
        /// How far a run had come, from 0 to 1, if that was told.
        var fraction: Double?
        /// What the gateway said of the order when it was asked then.
        var standing: Standing?
    }

    /// What became of the wish for an action.
    struct Wish: Sendable {
        enum Moment: Sendable { case hurried, inHook, again }
        var order: Order
        var moment: Moment
        /// Whether it was new; nil if it was refused.
        var isNew: Bool?
        var refusal: String?
    }

    private struct State {
        var hooks: [Hook] = []
        var wishes: [Wish] = []
        var tries: [String: Int] = [:]
        var acted: Set<Order> = []
        var forged = 0
        var broken = 0
    }

    private let state = Mutex(State())
    private let front: any Front
    private let verifier: WebhookVerifier
    private let serving = Mutex<HTTPServer?>(nil)
    private static let index = 2

    init(_ front: any Front) throws {
        self.front = front
        verifier = try WebhookVerifier([WebhookSecret(Scale.secret)])
    }

    func open() async throws {
        let server = try await HTTPServer { [weak self] request in await self?.answer(request) ?? .hangUp }
        serving.withLock { $0 = server }
    }

    func close() async { await serving.withLock { $0.take() }?.close() }

    var hooks: [Hook] { state.withLock(\.hooks) }
    var wishes: [Wish] { state.withLock(\.wishes) }
    /// Requests that were not believed; those at the hook that takes nothing.
    var forged: Int { state.withLock(\.forged) }
    var broken: Int { state.withLock(\.broken) }

    var hook: String { (serving.withLock { $0?.url } ?? "") + "/hook" }
    private func hook(of order: Order) -> String { order.hookIsBroken ? hook + "/broken" : hook }

    /// Orders a picture, and if it cannot wait an action as well.
    func order(_ order: Order) async throws {
        try await front.take(order, hook: hook(of: order))
        if order.isHurried { await act(on: order, .hurried) }
    }

    private func act(on order: Order, _ moment: Wish.Moment) async {
        var wish = Wish(order: order, moment: moment)
        do {
            wish.isNew = try await front.act(on: order, index: Self.index)
        } catch {
            wish.refusal = (error as? ActionRefused)?.reason ?? "\(error)"
        }
        state.withLock { $0.wishes.append(wish) }
    }

    private func answer(_ request: HTTPServer.Request) async -> HTTPServer.Answer {
        if request.path.hasSuffix("/broken") {
            state.withLock { $0.broken += 1 }
            return .status(500)
        }
        if request.headers.contains(name: "sluice-signature") { return await hear(request) }
        return await hearUpstream(request.body)
    }

    /// What comes from the gateway. Of some notifications the first is not taken, of others the answer gets lost.
    private func hear(_ request: HTTPServer.Request) async -> HTTPServer.Answer {
        guard let event = try? verifier.event(request.body, headers: { request.headers.first(name: $0) }),
            let number = Order.number(of: event.job)
        else {
            state.withLock { $0.forged += 1 }
            return .status(400)
        }
        let order = Order(number: number)
        let tries = state.withLock { state in
            state.tries[event.id, default: 0] += 1
            return state.tries[event.id] ?? 0
        }
        if tries == 1, number % 10 == 0 { return .status(500) }
        await take(
            Hook(
                id: event.id, order: order, state: event.state, version: event.version, fraction: event.progress?.fraction))
        return tries == 1 && number % 10 == 5 ? .hangUp : .status(204)
    }

    /// What comes from the upstream directly, which the original had its clients listen to. It may be anybody.
    private func hearUpstream(_ body: [UInt8]) async -> HTTPServer.Answer {
        guard let status = try? JSONDecoder().decode(Messages.Status.self, from: Data(body)),
            let number = Order.number(of: status.reference)
        else {
            state.withLock { $0.forged += 1 }
            return .status(400)
        }
        let row = OriginalRows.Row(order: number, account: "", task: status.task, status: status.status)
        await take(
            Hook(order: Order(number: number), state: row.state, version: 0, fraction: Double(status.progress) / 100))
        return .status(204)
    }

    /// Looks how the order stands, and acts if it was told to be done.
    private func take(_ told: Hook) async {
        var hook = told
        hook.standing = try? await front.standing(of: told.order)
        let isFirst = state.withLock { [hook] state in
            state.hooks.append(hook)
            return hook.state == "completed" && state.acted.insert(hook.order).inserted
        }
        guard isFirst else { return }
        await act(on: told.order, .inHook)
        if told.order.isRepeated { await act(on: told.order, .again) }
    }
}
