import Sluice
import SluiceWorker

struct Ship: Job {
    static let kind = "ship"
    static let options = JobOptions(queue: "orders")
    var order: String
    var step: String
    var chain: Chain? { Chain("order-\(order)", onDiscarded: .hold) }
}

func ship(_ order: String, with sluice: SluiceClient) async throws {
    try await sluice.enqueue(["reserve", "charge", "deliver"].map { Ship(order: order, step: $0) })
}
