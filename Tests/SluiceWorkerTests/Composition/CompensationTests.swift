import Sluice
import SluiceCore
import SluiceInspector
import SluiceTesting
import SluiceWorker
import Testing

/// Jobs that run only if the one before them did not complete.
@Suite(.timeLimit(.minutes(10)))
struct CompensationTests {
    private struct Refund: Job {
        static let kind = "refund"
        static let options = JobOptions(queue: "work", maxAttempts: 1)
        var order: Int
    }

    @Test func itRunsAfterAFailureAndIsCancelledAfterSuccess() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker()
        let refunded = Recorder<Int>()
        worker.handle(Numbered.self) { (job, _) -> Outcome<Int> in
            job.number == 13 ? .discard(reason: "no luck") : .completed(job.number)
        }
        worker.handle(Refund.self) { job, _ in refunded.add(job.order) }
        var refunds: [JobID] = []
        for number in [12, 13, 14] {
            let order = try await fixture.client.enqueue(Numbered(number: number))
            refunds.append(try await fixture.client.enqueue(Refund(order: number), after: order, onFailed: .compensate).id)
        }
        try await fixture.running(worker) {
            #expect(await fixture.becomes(refunds[0], .cancelled))
            #expect(await fixture.becomes(refunds[1], .completed))
            #expect(await fixture.becomes(refunds[2], .cancelled))
        }
        #expect(refunded.all == [13])
        let why = try await fixture.details(refunds[0])?.failures.last?.message
        #expect(why?.contains("was completed") == true)
        #expect(try await fixture.leftovers() == [])
    }
}
