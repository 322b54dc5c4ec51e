import ScenarioSupport
import Sluice
import SluiceWorker

/// Pays refunds: with one token each, however often that is tried, so that the bank knows a repetition.
struct Refunds: Sendable {
    let bank: String
    let deaths: Deaths

    /// The bank answered otherwise.
    struct NotPaid: Error { var status: Int }

    func register(on worker: Worker) {
        worker.handle(Refund.self) { job, context in
            try await context.once("pay") { token in
                let payment = Messages.Payment(order: job.order, cents: job.cents, token: token.text)
                let answer = try await Caller(timeout: .seconds(5)).post(bank, payment)
                guard answer.status == 200 else { throw NotPaid(status: answer.status) }
                deaths.pass(.paid, Order(number: job.order))
            }
        }
    }
}
