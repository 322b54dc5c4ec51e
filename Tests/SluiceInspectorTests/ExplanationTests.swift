import Foundation
import SluiceCore
import Testing

@testable import SluiceInspector

/// What the library says, as values, as sentences and as JSON.
struct ExplanationTests {
    private static let now = Date(milliseconds: 1_795_336_200_000)

    private struct Case: Sendable, CustomTestStringConvertible {
        var code: String
        var detail: String
        var sentence: String
        var testDescription: String { code + detail }
    }

    private static let cases = [
        Case(
            code: "scheduled", detail: #"{"due":1795336500000,"state":"scheduled"}"#, sentence: "it waits for its time: due in 5m"
        ),
        Case(
            code: "scheduled", detail: #"{"due":1795336201200,"state":"retryable"}"#,
            sentence: "it waits for its next attempt: due in 1.2s"),
        Case(
            code: "scheduled", detail: #"{"due":1795336199000,"state":"scheduled"}"#,
            sentence: "it waits for its time: due now, with the next call of a worker"),
        Case(
            code: "suspect", detail: #"{"due":1795336210000,"crashes":2}"#,
            sentence: "its worker died under it 2 times, so it runs apart from others: due in 10s"),
        Case(
            code: "paused", detail: #"{"since":1795336020000,"reason":"a \"deploy\""}"#,
            sentence: "the queue was paused 3m ago: a \"deploy\""),
        Case(code: "paused", detail: #"{"since":1795336020000,"reason":""}"#, sentence: "the queue was paused 3m ago"),
        Case(
            code: "queue_concurrency", detail: #"{"limit":12,"running":12}"#,
            sentence: "the queue is full: 12 of 12 places are held"),
        Case(
            code: "queue_rate", detail: #"{"allowance":300,"period":1000,"next":1795336200100}"#,
            sentence: "the rate of the queue (300 in 1s) allows the next in 100ms"),
        Case(
            code: "gate_concurrency",
            detail:
                #"{"gate":"account=42","limit":2,"running":2,"held":[{"id":"a","worker":"web-1.7.x","since":1795336188000}]}"#,
            sentence: "account=42 is full: 2 of 2 held, by a on web-1.7.x for 12s and 1 more"),
        Case(
            code: "gate_concurrency", detail: #"{"gate":"account=42","limit":2,"running":3,"held":{}}"#,
            sentence: "account=42 is full: 3 of 2 held"),
        Case(
            code: "gate_rate", detail: #"{"gate":"host=x","allowance":40,"period":10000,"next":1795336201200}"#,
            sentence: "the rate of host=x (40 in 10s) allows the next in 1.2s"),
        Case(
            code: "gate_rate", detail: #"{"gate":"host=x","allowance":40,"period":10000,"next":1795336200000}"#,
            sentence: "the rate of host=x (40 in 10s) allows the next now"),
        Case(
            code: "chain",
            detail: #"{"gate":"chain=k","holder":"a","state":"executing","worker":"web-1.7.x","since":1795336188000}"#,
            sentence: "chain=k is held by a, which runs on web-1.7.x for 12s"),
        Case(
            code: "chain",
            detail:
                #"{"gate":"chain=k","holder":"a","state":"retryable","worker":"w","since":1795336188000,"due":1795336500000}"#,
            sentence: "chain=k is held by a, which waits for its next attempt: due in 5m, its last run began 12s ago; "
                + "retry runs it now, cancel or delete lets the chain go on"),
        Case(
            code: "chain",
            detail:
                #"{"gate":"chain=k","holder":"a","state":"scheduled","worker":"w","since":1795336188000,"due":1795336500000}"#,
            sentence: "chain=k is held by a, which waits for its time: due in 5m, its last run began 12s ago; "
                + "retry runs it now, cancel or delete lets the chain go on"),
        Case(
            code: "chain", detail: #"{"gate":"chain=k","holder":"a","state":"discarded","at":1795336020000}"#,
            sentence: "chain=k is held by a, which was discarded 3m ago: retry it, or cancel or delete it to let the chain go on"),
        Case(code: "chain", detail: #"{"gate":"chain=k"}"#, sentence: #"chain {"gate":"chain=k"}"#),
        Case(
            code: "breaker", detail: #"{"gate":"host=x","state":"open","until":1795336214000,"probe":""}"#,
            sentence: "the breaker of host=x is open: it lets one job through in 14s"),
        Case(
            code: "breaker", detail: #"{"gate":"tmdb","state":"half-open","until":0,"probe":"p"}"#,
            sentence: "the breaker of tmdb is half open: p probes it"),
        Case(
            code: "off", detail: #"{"dependency":"tmdb","since":1795336020000}"#, sentence: "tmdb was switched off 3m ago"),
        Case(
            code: "reserved", detail: #"{"gate":"host=x","lane":"account=7&host=x","until":1795336212000}"#,
            sentence: "a place at host=x is kept for the lane account=7&host=x, which was turned away often, for 12s at most"),
        Case(
            code: "parked", detail: #"{"gate":"account=42","lanes":1203,"position":3}"#,
            sentence: "its lane waits at account=42, as number 3 of 1,203 lanes"),
        Case(
            code: "position", detail: #"{"lane":"account=42","position":512,"of":900}"#,
            sentence: "it is number 512 of 900 in its lane, account=42"),
        Case(
            code: "position", detail: #"{"lane":"","position":1,"of":1}"#,
            sentence: "it is number 1 of 1 in the lane without partitions"),
        Case(code: "lanes_ahead", detail: #"{"lanes":0}"#, sentence: "its lane is the next to be served"),
        Case(code: "lanes_ahead", detail: #"{"lanes":1}"#, sentence: "1 lane is served before its own"),
        Case(code: "lanes_ahead", detail: #"{"lanes":1.2e3}"#, sentence: "1,200 lanes are served before its own"),
        Case(code: "no_worker", detail: "{}", sentence: "no worker of the queue lives"),
        Case(
            code: "unknown_kind", detail: #"{"kind":"resize","workers":3}"#,
            sentence: "none of the 3 workers of the queue handles 'resize'"),
        Case(
            code: "unknown_kind", detail: #"{"kind":"resize","workers":1}"#,
            sentence: "the only worker of the queue does not handle 'resize'"),
        Case(
            code: "executing", detail: #"{"worker":"web-1.7.x","host":"web-1","attempt":2,"since":1795336188000}"#,
            sentence: "it runs on web-1.7.x for 12s, attempt 2"),
        Case(code: "ended", detail: #"{"state":"completed","at":1795336188000}"#, sentence: "it has completed, 12s ago"),
        Case(code: "ended", detail: #"{"state":"discarded","at":1795336188000}"#, sentence: "it was discarded, 12s ago"),
        Case(
            code: "waits", detail: #"{"job":"p","state":"executing","policy":"cancel","queue":"mail"}"#,
            sentence:
                "it waits for the end of p, which is executing; then it goes to queue mail; if that does not complete, it is "
                + "cancelled"),
        Case(
            code: "waits", detail: #"{"job":"p","state":"missing","policy":"ignore"}"#,
            sentence: "it waits for the end of p, which is not in this queue any more: it has moved to its own, or was deleted"),
        Case(
            code: "held", detail: #"{"job":"p","state":"discarded","policy":"hold"}"#,
            sentence: "it is held, since the job before it, p, was discarded: retry that one, or let this one go with retry, or "
                + "cancel it"),
        Case(
            code: "moving", detail: #"{"queue":"mail","since":1795336188000}"#,
            sentence: "it is on its way to queue mail, let go 12s ago: the next worker that calls brings it there"),
        Case(code: "suspended", detail: "{}", sentence: "it waits for something else to end first"),
        Case(code: "next", detail: "{}", sentence: "nothing stands in its way: the next claim may take it"),
        // What only a newer library knows, and what makes no sense.
        Case(code: "moon", detail: #"{"phase":"full"}"#, sentence: #"moon {"phase":"full"}"#),
        Case(code: "parked", detail: #"{"lanes":3}"#, sentence: #"parked {"lanes":3}"#),
        Case(code: "breaker", detail: #"{"gate":"x","state":"ajar"}"#, sentence: #"breaker {"gate":"x","state":"ajar"}"#),
        Case(code: "off", detail: "nonsense", sentence: "off nonsense"),
    ]

    @Test(arguments: cases) private func aReasonIsASentenceAndKeepsItsCode(reason: Case) {
        let read = Explanation.Reason(code: reason.code, detail: reason.detail)
        #expect(read.sentence(at: Self.now) == reason.sentence)
        #expect(read.code == reason.code)
    }

    @Test func ofManyHoldersThreeAreNamed() {
        let held = (0..<5).map {
            Explanation.Holder(id: id("\($0)"), worker: WorkerID(known: "w"), since: Self.now.addingTimeInterval(-1))
        }
        let reason = Explanation.Reason.gateConcurrency(gate: "g", limit: 20, running: 20, held: held)
        #expect(
            reason.sentence(at: Self.now)
                == "g is full: 20 of 20 held, by 0 on w for 1s, 1 on w for 1s, 2 on w for 1s and 17 more")
    }

    @Test func nothingInASentenceMovesTheCursor() {
        let explanation = Explanation(
            queue: "mail", id: id("a"), reasons: [.paused(since: Self.now, reason: "\u{1B}[2J\nhi")], time: Self.now)
        #expect(explanation.sentences == ["the queue was paused 0ms ago: \\u{1b}[2J hi"])
    }

    @Test func programsGetTheFields() {
        let explanation = Explanation(
            queue: "mail", id: id("a"),
            reasons: [
                Explanation.Reason(
                    code: "gate_concurrency",
                    detail: #"{"gate":"g","limit":2,"running":2,"held":[{"id":"b","worker":"w","since":1795336200000}]}"#),
                .next, .other(code: "moon", detail: #"{"phase":"full"}"#),
            ], time: Self.now)
        let time = "2026-11-22T08:30:00.000Z"
        #expect(
            String(decoding: explanation.json.encoded(), as: UTF8.self)
                == #"{"queue":"mail","id":"a","reasons":[{"code":"gate_concurrency","gate":"g","limit":2,"running":2,"held":"#
                + #"[{"id":"b","worker":"w","since":"\#(time)"}],"text":"g is full: 2 of 2 held, by b on w for 0ms and 1 more"},"#
                + #"{"code":"next","text":"nothing stands in its way: the next claim may take it"},"#
                + #"{"code":"moon","detail":{"phase":"full"},"text":"moon {\"phase\":\"full\"}"}],"time":"\#(time)"}"#)
    }
}
