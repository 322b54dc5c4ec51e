import Logging
import NIOCore
import SluiceCore
import Testing

@testable import SluiceWorker

@Suite struct LinkTests {
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    @Test func itBeginsWithAResync() throws {
        var link = Link()
        #expect(link.needsResync)
        #expect(link.nextSession() == 1)
        link.resynced()
        #expect(!link.needsResync)
        #expect(link.nextCall() == 1)
        #expect(link.nextCall() == 2)
        #expect(link.nextSession() == 2)
        // Numbers of calls rise over sessions, by which Redis tells which was the last it applied.
        #expect(link.nextCall() == 3)
    }

    @Test func aCallWhoseReplyIsLostPutsItsOutcomesInDoubt() throws {
        for code in [SluiceError.Code.outcomeUnknown, .protocolViolation] {
            var link = Link()
            link.resynced()
            try link.failed(SluiceError(code, ""), settling: 3, logger)
            #expect(link.needsResync)
            #expect(link.inDoubt == 3)
            // The resync that fails as well leaves the doubt as it is.
            try link.failed(SluiceError(.unreachable, ""), settling: 0, logger)
            #expect(link.inDoubt == 3)
            link.resynced()
            #expect(link.inDoubt == 0)
        }
    }

    @Test func whatWasRefusedOrNeverSentIsNotInDoubt() throws {
        for code in [SluiceError.Code.unreachable, .readOnly, .outOfMemory, .unavailable] {
            var link = Link()
            link.resynced()
            try link.failed(SluiceError(code, ""), settling: 3, logger)
            #expect(!link.needsResync)
            #expect(link.inDoubt == 0)
            #expect(link.waitsUntil != nil)
            link.succeeded(withJobs: false)
            #expect(link.waitsUntil == nil)
        }
    }

    @Test func pausesGrowAndStayBelowTwoSeconds() throws {
        var link = Link()
        var longest = TimeAmount.zero
        for _ in 0..<100 {
            try link.failed(SluiceError(.unreachable, ""), settling: 0, logger)
            let pause = try #require(link.waitsUntil) - .now()
            #expect(pause <= .seconds(2))
            longest = max(longest, pause)
        }
        #expect(longest > .milliseconds(900))
    }

    @Test func aResyncBetweenFailuresDoesNotShortenThePause() throws {
        var link = Link()
        for _ in 0..<8 {
            link.resynced()
            try link.failed(SluiceError(.outcomeUnknown, ""), settling: 0, logger)
        }
        let pause = try #require(link.waitsUntil) - .now()
        #expect(pause > .milliseconds(900))
    }

    @Test func whatWillNotGoAwayEndsAWorkerThatNeverCalled() throws {
        for code in SluiceError.Code.all {
            let error = SluiceError(code, "x")
            let isFatal =
                switch code {
                case .outcomeUnknown, .protocolViolation, .stale, .unreachable, .readOnly, .outOfMemory, .unavailable: false
                default: true
                }
            var fresh = Link()
            if isFatal {
                #expect(throws: SluiceError.self) { try fresh.failed(error, settling: 0, logger) }
            } else {
                try fresh.failed(error, settling: 0, logger)
            }
            // Later nothing but the client's end does: an operator may mend the rest.
            var proven = Link()
            proven.succeeded(withJobs: false)
            if code == .closed {
                #expect(throws: SluiceError.self) { try proven.failed(error, settling: 0, logger) }
            } else {
                try proven.failed(error, settling: 0, logger)
            }
        }
    }
}
