import Foundation
import ScenarioSupport
import Synchronization

/// Pays: once for each token. What comes without one is paid each time.
final class Bank: Sendable {
    struct Payment: Sendable, Hashable {
        var order: Int
        var token: String?
        /// Whether money went, or it was a repetition.
        var isPaid: Bool
    }

    private struct State {
        var payments: [Payment] = []
        var tokens: Set<String> = []
    }

    private let state: Memory
    private let server: HTTPServer

    private final class Memory: Sendable {
        let state = Mutex(State())
    }

    init() async throws {
        let memory = Memory()
        state = memory
        server = try await HTTPServer { request in
            guard let payment = try? JSONDecoder().decode(Messages.Payment.self, from: Data(request.body)) else {
                return .status(400)
            }
            memory.state.withLock { state in
                let isPaid = payment.token.map { state.tokens.insert($0).inserted } ?? true
                state.payments.append(Payment(order: payment.order, token: payment.token, isPaid: isPaid))
            }
            return .status(200)
        }
    }

    var url: String { server.url + "/pay" }
    var payments: [Payment] { state.state.withLock(\.payments) }

    func close() async { await server.close() }
}
