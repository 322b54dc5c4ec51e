import NIOCore
import NIOPosix
import SluiceCore
import Testing

@testable import SluiceWebhooks

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Which failures of a delivery are those of this process or machine.
struct OwnShortageTests {
    private static let here = IPAddress(bytes: [127, 0, 0, 1])
    /// No socket reaches it without asking for that.
    private static let nowhere = IPAddress(bytes: [255, 255, 255, 255])

    @Test(arguments: [EMFILE, ENFILE, ENOMEM, ENOBUFS])
    func whatIsMissingHereIsNoFaultOfTheReceiver(code: Int32) {
        let error = IOError(errnoCode: code, reason: "connect")
        #expect(OwnShortage.reason(error, at: Self.here) == String(cString: strerror(code)))
        #expect(OwnShortage.reason(error, at: nil) != nil)
    }

    @Test(arguments: [ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH, ECONNRESET, EPIPE])
    func whatTheReceiverDoesIsItsOwn(code: Int32) {
        #expect(OwnShortage.reason(IOError(errnoCode: code, reason: "connect"), at: Self.here) == nil)
    }

    /// The same code has two meanings: all ports are in use, or there is no way to such an address from here.
    @Test func aPortIsMissingOnlyWhereTheAddressCouldBeReached() {
        let error = IOError(errnoCode: EADDRNOTAVAIL, reason: "connect")
        #expect(OwnShortage.reason(error, at: Self.here) == String(cString: strerror(EADDRNOTAVAIL)))
        #expect(OwnShortage.reason(error, at: Self.nowhere) == nil)
        #expect(OwnShortage.reason(error, at: nil) == nil)
    }

    @Test func namesThatCannotBeAskedFor() {
        #expect(OwnShortage.isOwn(lookup: EAI_MEMORY, 0))
        #expect(OwnShortage.isOwn(lookup: EAI_SYSTEM, EMFILE))
        #expect(!OwnShortage.isOwn(lookup: EAI_SYSTEM, ECONNREFUSED))
        #expect(!OwnShortage.isOwn(lookup: EAI_NONAME, EMFILE))
        #expect(OwnShortage.reason(NameResolver.Failure(description: "x", isOwn: true), at: nil) == "x")
        #expect(OwnShortage.reason(NameResolver.Failure(description: "x"), at: nil) == nil)
    }
}
