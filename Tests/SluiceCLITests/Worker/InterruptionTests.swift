import Foundation
import SluiceToolSupport
import Testing
import UnixSignals

/// Work that a signal cancels. One at a time: a signal is for the whole process.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct InterruptionTests {
    private struct Stopped: Error {}

    /// Ends when it is cancelled, and only then.
    private static func wait() async {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        for await _ in stream {}
        continuation.finish()
    }

    @Test func aSignalCancelsTheWorkAndItsEndIsWaitedFor() async throws {
        let outcome = await Interruption.heeding([.sigusr2]) {
            kill(getpid(), SIGUSR2)
            await Self.wait()
            return "as far as it came"
        }
        #expect(outcome.isInterrupted)
        #expect(try outcome.result.get() == "as far as it came")
    }

    @Test func whatWorkThrowsWhenItIsStoppedIsTold() async {
        let outcome = await Interruption.heeding([.sigusr2]) {
            kill(getpid(), SIGUSR2)
            await Self.wait()
            throw Stopped()
        }
        #expect(outcome.isInterrupted)
        #expect(throws: Stopped.self) { try outcome.result.get() }
    }

    @Test func workThatNobodyStopsEndsByItself() async throws {
        let good = await Interruption.heeding([.sigusr2]) { 1 }
        #expect(try good.result.get() == 1 && !good.isInterrupted)
        let bad = await Interruption.heeding([.sigusr2]) { throw Stopped() }
        #expect(throws: Stopped.self) { try bad.result.get() }
        #expect(!bad.isInterrupted)
    }

    @Test func whoIsCancelledOtherwiseIsNotInterrupted() async {
        let work = Task { await Interruption.heeding([.sigusr2]) { await Self.wait() } }
        work.cancel()
        #expect(await !work.value.isInterrupted)
    }
}
