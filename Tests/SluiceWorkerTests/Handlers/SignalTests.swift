import NIOCore
import NIOPosix
import SluiceTesting
import TestSupport
import Testing

@testable import SluiceWorker

@Suite(.timeLimit(.minutes(10)))
struct SignalTests {
    private let eventLoop = MultiThreadedEventLoopGroup.singleton.next()

    @Test func whatIsSetBeforeTheWaitEndsItAtOnceAndOnce() async {
        let signal = Signal(eventLoop)
        signal.set()
        signal.set()
        await signal.wait(until: nil)
        let start = NIODeadline.now()
        await signal.wait(until: start + .milliseconds(30))
        #expect(NIODeadline.now() >= start + .milliseconds(30))
    }

    @Test func whatIsSetDuringTheWaitEndsIt() async {
        let signal = Signal(eventLoop)
        let done = Occurrences()
        async let wait: Void = {
            await signal.wait(until: .distantFuture)
            done.add()
        }()
        signal.set()
        await done.wait()
        await wait
    }

    @Test func theTimerOfAWaitThatIsOverEndsNoOther() async {
        let signal = Signal(eventLoop)
        for _ in 0..<100 {
            signal.set()
            await signal.wait(until: .now() + .milliseconds(5))
        }
        let start = NIODeadline.now()
        await signal.wait(until: start + .milliseconds(60))
        #expect(NIODeadline.now() >= start + .milliseconds(60))
    }

    @Test func aTimeThatIsPastEndsTheWait() async {
        await Signal(eventLoop).wait(until: .uptimeNanoseconds(0))
    }

    @Test func noSetIsLostAmongMany() async {
        let signal = Signal(eventLoop)
        let waits = Occurrences()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for _ in 0..<2000 {
                    await signal.wait(until: nil)
                    waits.add()
                }
            }
            for round in 1...2000 {
                signal.set()
                await waits.wait(for: round)
            }
        }
        #expect(waits.count == 2000)
    }
}
