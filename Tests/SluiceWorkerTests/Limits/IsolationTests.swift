import SluiceCore
import Testing

@testable import SluiceWorker

/// The share of a queue's places that one value of a partition has, where nobody says otherwise.
@Suite struct IsolationTests {
    @Test(arguments: [(50, 10), (20, 4), (9, 1), (1, 1)]) func aValueHasAFifth(places: Int, share: Int) {
        let own = [Limit.concurrency(40), .rate(5, per: .seconds(1), partition: "host")]
        let queue = Queue("hooks", concurrency: places, limits: own)
        let isolated = queue.isolated(by: "host")
        #expect(isolated.limits == own + [.concurrency(share, partition: "host")])
    }

    @Test func whoDeclaresALimitHasThat() {
        let queue = Queue("hooks", concurrency: 50, limits: [.concurrency(50, partition: "host")])
        #expect(queue.isolated(by: "host").limits == queue.limits)
    }
}
