import NIOCore
import SluiceCore
import SluiceStore
import Testing

@testable import Sluice

/// What a client says to the server about its permits, and whom it tells of the answers.
struct PermitLedgerTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
    private let terms = PermitLedger.Terms(limit: 2, lease: .seconds(30))
    private let a = PermitID("c.1")
    private let b = PermitID("c.2")

    private func reply(
        _ standings: [PermitCall.Standing], granted: [PermitID: Fence] = [:], come: Duration? = nil
    ) -> PermitCall.Reply {
        PermitCall.Reply(come: come, standings: standings, granted: granted)
    }

    private func wishes(_ call: PermitLedger.Call?) -> [String] {
        (call?.wishes ?? []).map { "\($0.verb) \($0.id.text)" }
    }

    /// One permit held, one waited for.
    private func busy() throws -> Desk {
        let ledger = Desk()
        ledger.want(a, terms, at: start)
        ledger.want(b, terms, at: start)
        let call = try #require(ledger.next(at: start))
        #expect(wishes(call) == ["acquire c.1", "acquire c.2"])
        let effects = ledger.apply(reply([.waiting, .waiting], granted: [a: Fence(5)], come: .seconds(15)), to: call, at: start)
        #expect(texts(effects) == ["granted c.1 5"])
        return ledger
    }

    private func texts(_ effects: [PermitLedger.Effect]) -> [String] {
        effects.map { effect in
            switch effect {
            case .granted(let id, let fence): "granted \(id.text) \(fence)"
            case .failed(let id, let error): "failed \(id.text) \(error.code)"
            case .lost(let id): "lost \(id.text)"
            case .released(let id, let wasHeld): "released \(id.text) \(wasHeld.map(String.init) ?? "?")"
            }
        }.sorted()
    }

    @Test func saysNothingUntilARenewalIsDue() throws {
        let ledger = try busy()
        #expect(ledger.hasWaiters)
        #expect(ledger.next(at: start + .seconds(9)) == nil)
        #expect(ledger.wakeAt == start + .seconds(10))
        #expect(wishes(ledger.next(at: start + .seconds(10))).sorted() == ["keep c.1", "keep c.2"])
        // An empty call, when the server wanted one.
        #expect(wishes(ledger.next(at: start + .seconds(15))) == [])
        #expect(ledger.wakeAt == start + .seconds(20))
    }

    @Test func aHolderAloneNeedNotComeForOthers() throws {
        let ledger = try busy()
        #expect(ledger.leave(b, at: start))
        let call = try #require(ledger.next(at: start))
        #expect(wishes(call) == ["release c.2"])
        #expect(texts(ledger.apply(reply([.waiting], come: .seconds(1)), to: call, at: start)) == ["released c.2 false"])
        #expect(ledger.wakeAt == start + .seconds(10))
    }

    @Test func whatTheServerForgotIsAskedForAgainOrLost() throws {
        let ledger = try busy()
        ledger.recheck()
        let call = try #require(ledger.next(at: start))
        let unknown = reply([.unknown, .unknown])
        #expect(texts(ledger.apply(unknown, to: call, at: start)) == ["lost c.1"])
        #expect(wishes(ledger.next(at: start)) == ["acquire c.2"])
        #expect(ledger.leave(a, at: start) == false)
    }

    @Test func aGrantFromTheListCountsOnce() throws {
        let ledger = try busy()
        #expect(texts(ledger.granted([b: Fence(7), PermitID("c.9"): Fence(8)])) == ["granted c.2 7"])
        #expect(ledger.granted([b: Fence(7)]).isEmpty)
        // Nor does one count for somebody who has left.
        #expect(ledger.leave(a, at: start))
        #expect(ledger.granted([a: Fence(9)]).isEmpty)
    }

    @Test func afterAFailureEverythingIsSaidAgain() throws {
        let ledger = try busy()
        #expect(ledger.leave(a, at: start))
        let c = PermitID("c.3")
        ledger.want(c, terms, at: start)
        let call = try #require(ledger.next(at: start))
        #expect(wishes(call) == ["release c.1", "acquire c.3"])
        #expect(ledger.failed(call, SluiceError(.outcomeUnknown, ""), at: start).isEmpty)
        let again = try #require(ledger.next(at: start))
        #expect(wishes(again) == ["release c.1", "acquire c.3", "keep c.2"])
        // Whether the first call gave it back is not known.
        let effects = ledger.apply(reply([.unknown, .held(Fence(8)), .waiting]), to: again, at: start)
        #expect(texts(effects) == ["granted c.3 8", "released c.1 ?"])
    }

    @Test func whoWaitsIsToldAfterThePatienceAndWhoHoldsIsNot() throws {
        let ledger = try busy()
        let away = SluiceError(.unreachable, "")
        ledger.recheck()
        let call = try #require(ledger.next(at: start))
        #expect(ledger.failed(call, away, at: start).isEmpty)
        #expect(ledger.failed(call, away, at: start + .seconds(9)).isEmpty)
        #expect(texts(ledger.failed(call, away, at: start + .seconds(10))) == ["failed c.2 unreachable"])
        #expect(!ledger.isEmpty)
        // Their own patience counts, not that of others.
        ledger.want(b, terms, at: start + .seconds(10))
        #expect(ledger.failed(call, away, at: start + .seconds(11)).isEmpty)
        #expect(texts(ledger.failed(call, SluiceError(.permission, ""), at: start + .seconds(11))) == ["failed c.2 permission"])
        #expect(texts(ledger.failed(call, SluiceError(.closed, ""), at: start + .seconds(11))) == ["lost c.1"])
        #expect(ledger.isEmpty)
    }

    @Test func whoIsLateIsStillToldOfAPermitThatIsFree() throws {
        let ledger = Desk()
        for id in [a, b] {
            ledger.want(id, terms, at: start)
            #expect(ledger.expire(id, at: start) == false)
        }
        let call = try #require(ledger.next(at: start))
        let effects = ledger.apply(reply([.waiting, .waiting], granted: [a: Fence(5)]), to: call, at: start)
        #expect(texts(effects) == ["failed c.2 timedOut", "granted c.1 5"])
        #expect(wishes(ledger.next(at: start)) == ["release c.2"])
        #expect(ledger.expire(a, at: start) == false)
    }

    @Test func whoGoesBeforeTheServerKnewNeedNotBeNamed() {
        let ledger = Desk()
        ledger.want(a, terms, at: start)
        #expect(ledger.leave(a, at: start))
        #expect(ledger.isEmpty)
        #expect(ledger.next(at: start) == nil)
    }

    @Test func acquiresOfOneCallHaveTheSameTermsAndThereAreAThousandAtMost() throws {
        let ledger = Desk()
        for number in 0..<1500 { ledger.want(PermitID("c.\(number)"), terms, at: start) }
        ledger.want(PermitID("d.1"), PermitLedger.Terms(limit: 9, lease: .seconds(3)), at: start)
        var sizes: [Int] = []
        var limits: [Int] = []
        while let call = ledger.next(at: start) {
            sizes.append(call.wishes.count)
            limits.append(call.terms.limit)
            _ = ledger.apply(reply(call.wishes.map { _ in .waiting }), to: call, at: start)
        }
        #expect(sizes == [1000, 500, 1])
        #expect(limits == [2, 2, 9])
        // The shortest lease sets the pace.
        #expect(ledger.wakeAt == start + .seconds(1))
    }
}

/// A ledger that expectations may change.
private final class Desk {
    private var ledger = PermitLedger(patience: .seconds(10))

    var isEmpty: Bool { ledger.isEmpty }
    var hasWaiters: Bool { ledger.hasWaiters }
    var wakeAt: NIODeadline? { ledger.wakeAt }

    func want(_ id: PermitID, _ terms: PermitLedger.Terms, at now: NIODeadline) { ledger.want(id, terms, at: now) }
    func leave(_ id: PermitID, at now: NIODeadline) -> Bool { ledger.leave(id, at: now) }
    func expire(_ id: PermitID, at now: NIODeadline) -> Bool { ledger.expire(id, at: now) }
    func recheck() { ledger.recheck() }
    func next(at now: NIODeadline) -> PermitLedger.Call? { ledger.next(at: now) }
    func granted(_ fences: [PermitID: Fence]) -> [PermitLedger.Effect] { ledger.granted(fences) }

    func apply(_ reply: PermitCall.Reply, to call: PermitLedger.Call, at now: NIODeadline) -> [PermitLedger.Effect] {
        ledger.apply(reply, to: call, at: now)
    }

    func failed(_ call: PermitLedger.Call, _ error: SluiceError, at now: NIODeadline) -> [PermitLedger.Effect] {
        ledger.failed(call, error, at: now)
    }
}
