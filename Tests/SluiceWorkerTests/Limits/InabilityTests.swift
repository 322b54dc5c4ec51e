import NIOCore
import Sluice
import SluiceCore
import SluiceInspector
import SluiceTesting
import Testing

@testable import SluiceWorker

/// Jobs that a process cannot even begin.
@Suite(.timeLimit(.minutes(10)))
struct InabilityTests {
    private let start = NIODeadline.now()

    private func fence(_ number: Int) -> Fence { Fence(UInt64(number)) }

    private func after(_ seconds: Int64) -> NIODeadline { start + .seconds(seconds) }

    @Test func itIsToldOnceAndNothingIsClaimedForAWhile() {
        var inability = Inability()
        #expect(inability.isOver)
        let waits = (1...3).map { inability.failed(fence($0), running: 4 - $0, at: start) }
        #expect(waits == [.seconds(1), nil, nil])
        #expect(inability.room(8, running: 0) == 0)
        #expect(inability.pausedUntil == after(1))
        let isOver = [start, after(1)].map { inability.update(at: $0) }
        #expect(isOver == [false, true])
        #expect(inability.pausedUntil == nil)
        // One tries.
        #expect(inability.room(8, running: 0) == 1)
        #expect(inability.room(7, running: 1) == 0)
        inability.ended(fence(4))
        #expect(inability.isOver && inability.room(8, running: 0) == 8)
    }

    @Test func itWaitsTwiceAsLongEachTimeUpToAMinute() {
        var inability = Inability()
        var now = start
        let waits = (1...9).map { number in
            let wait = inability.failed(fence(number), running: 1, at: now)
            now = inability.pausedUntil ?? now
            _ = inability.update(at: now)
            return wait
        }
        #expect(waits == [1, 2, 4, 8, 16, 32, 60, 60, 60].map { Duration.seconds($0) })
        inability.ended(fence(10))
        let wait = inability.failed(fence(11), running: 1, at: now)
        #expect(wait == .seconds(1))
    }

    @Test func whatHasBegunBeforeSaysNothing() {
        var inability = Inability()
        _ = inability.failed(fence(5), running: 2, at: start)
        _ = inability.update(at: after(1))
        inability.ended(fence(4))
        #expect(inability.room(8, running: 0) == 1)
    }

    @Test func asManyRunAsCouldBeginForAMinute() {
        var inability = Inability()
        for number in 9...12 { _ = inability.failed(fence(number), running: 10, at: start) }
        _ = inability.update(at: after(1))
        #expect(inability.room(10, running: 0) == 6)
        #expect(inability.room(5, running: 5) == 1)
        inability.ended(fence(20))
        #expect(inability.room(5, running: 5) == 1)
        let goesOn = inability.update(at: after(61))
        #expect(!goesOn && inability.isOver && inability.room(5, running: 5) == 5)
    }

    @Test func jobsThatCannotBeginAreGivenBackUnharmedAndRunLater() async throws {
        let fixture = try await Fixture()
        let log = LogRecorder()
        let worker = fixture.worker(4, log: log)
        let tries = Recorder<Int>()
        worker.handle(Numbered.self) { (job, _) -> Int in
            tries.add(job.number)
            if tries.all.count <= 2 { throw WorkerUnable("nothing is left") }
            return job.number
        }
        var ids: [JobID] = []
        for number in 0..<3 { ids.append(try await fixture.enqueue(number) { $0.maxAttempts = 1 }) }
        try await fixture.running(worker) {
            for id in ids {
                #expect(await fixture.becomes(id, .completed))
                let details = try await fixture.details(id)
                #expect(details?.attempts == 0)
            }
        }
        #expect(tries.all.count == 5)
        #expect(try await fixture.total("released") == 2)
        #expect(log.all.filter { $0.contains("cannot run jobs") }.count <= 2)
        #expect(try await fixture.leftovers() == [])
    }
}
