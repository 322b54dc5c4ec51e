import SluiceCore
import SluiceStore
import SluiceTesting
import Testing

@testable import SluiceWorker

/// What the end of a run means for the job: each result, with each ending from outside, on an early attempt and on the last.
@Suite(.timeLimit(.minutes(10)))
struct VerdictTests {
    private static let results: [(name: String, result: RunReport.Result)] = [
        ("completed", .outcome(.completed(JSONOutput(text: Array("1".utf8))))),
        ("retry", .outcome(.retry(after: .seconds(7), reason: "why"))),
        ("policy", .outcome(.retry(reason: "why"))),
        ("snooze", .outcome(.snooze(for: .seconds(3)))), ("poll", .outcome(.snooze(.adaptive))),
        ("cancel", .outcome(.cancel(reason: "why"))),
        ("discard", .outcome(.discard(reason: "why"))),
        ("thrown", .failed(RunFailure(Failure()))),
        ("thrown retry-after", .failed(RunFailure(Throttled(retryAfter: .seconds(9))))),
        ("thrown snooze", .failed(RunFailure(JobInterruption.snooze(for: .seconds(3))))),
        ("thrown cancel", .failed(RunFailure(JobInterruption.cancel(reason: "why")))),
        ("thrown discard", .failed(RunFailure(JobInterruption.discard(reason: "why")))),
        ("thrown unavailable", .failed(RunFailure(DependencyUnavailable("tmdb", retryAfter: .seconds(4))))),
        ("wrapped unavailable", .failed(RunFailure(Wrapper(retryAfter: nil, cause: DependencyUnavailable("tmdb"))))),
        ("unknown kind", .unknownKind),
        ("parked", .parked(RunFailure(type: "undecryptable", message: "why"))),
        ("unreadable", .unreadable("why")), ("unable", .unable("why")),
    ]

    private static let endings: [(name: String, ending: Ending?)] = [
        ("", nil), ("timed out", .timedOut(.seconds(1))), ("cancelled", .cancelled), ("stopping", .stopping),
    ]

    /// One line for each result: without an ending, timed out, cancelled, stopping; on attempt 1 of 2, then on attempt 2.
    private static let expected = """
        completed: completed, completed, completed, completed | completed, completed, completed, completed
        retry: retry 7, retry 5, cancelled, release | discarded, discarded, cancelled, release
        policy: retry 5, retry 5, cancelled, release | discarded, discarded, cancelled, release
        snooze: snooze 3, retry 5, cancelled, release | snooze 3, discarded, cancelled, release
        poll: poll k, retry 5, cancelled, release | poll k, discarded, cancelled, release
        cancel: cancelled, cancelled, cancelled, cancelled | cancelled, cancelled, cancelled, cancelled
        discard: discarded, discarded, discarded, discarded | discarded, discarded, discarded, discarded
        thrown: retry 5, retry 5, cancelled, release | discarded, discarded, cancelled, release
        thrown retry-after: retry 9, retry 5, cancelled, release | discarded, discarded, cancelled, release
        thrown snooze: snooze 3, retry 5, cancelled, release | snooze 3, discarded, cancelled, release
        thrown cancel: cancelled, cancelled, cancelled, cancelled | cancelled, cancelled, cancelled, cancelled
        thrown discard: discarded, discarded, discarded, discarded | discarded, discarded, discarded, discarded
        thrown unavailable: tmdb 4, tmdb 4, cancelled, release | tmdb 4, tmdb 4, cancelled, release
        wrapped unavailable: tmdb 0, tmdb 0, cancelled, release | tmdb 0, tmdb 0, cancelled, release
        unknown kind: wait 1, wait 1, wait 1, wait 1 | wait 1, wait 1, wait 1, wait 1
        parked: wait 1, wait 1, wait 1, wait 1 | wait 1, wait 1, wait 1, wait 1
        unreadable: discarded, discarded, discarded, discarded | discarded, discarded, discarded, discarded
        unable: release, release, release, release | release, release, release, release
        """

    @Test func everyResultWithEveryEnding() async throws {
        var job = try await claimed()
        var lines: [String] = []
        for (name, result) in Self.results {
            let halves = [1, 2].map { attempt in
                job.attempt = attempt
                let report = RunReport(job, kind: "k", maxAttempts: 2, retry: .fixed(.seconds(5)), result: result)
                return Self.endings.map { word(Verdict(report, ending: $0.ending)) }.joined(separator: ", ")
            }
            lines.append("\(name): " + halves.joined(separator: " | "))
        }
        #expect(lines.joined(separator: "\n") == Self.expected)
    }

    @Test func anOutageThatATimeoutBroughtToLightSaysBoth() async throws {
        var report = RunReport(
            try await claimed(), kind: "k", maxAttempts: 2, retry: .fixed(.zero),
            result: .failed(RunFailure(DependencyUnavailable("tmdb", reason: "no answer"))))
        report.maxWaits = 3
        let verdict = Verdict(report, ending: .timedOut(.seconds(1)))
        guard case .unavailable("tmdb", nil, 3, let error) = verdict.settlement.outcome else {
            Issue.record("\(verdict.settlement.outcome)")
            return
        }
        #expect(error.contains("the run took longer than 1.0 seconds: tmdb is unavailable: no answer"), "\(error)")
        #expect(verdict.unavailable == "tmdb" && verdict.state == .scheduled)
    }

    @Test func theSettlementNamesTheRun() async throws {
        let job = try await claimed()
        let report = RunReport(job, kind: "k", maxAttempts: 2, retry: .fixed(.zero), result: .unknownKind)
        let verdict = Verdict(report, ending: nil)
        #expect(verdict.settlement.id == job.id)
        #expect(verdict.settlement.fence == job.fence)
    }

    @Test func waitsThatMakeNoSenseAreBounded() async throws {
        let job = try await claimed()
        let (day, year) = (86_400, 365 * 86_400)
        for (wait, retry, snooze, asked) in [
            (Duration.seconds(-5), 5, 0, [5, 0]), (.zero, 5, 0, [5, 0]), (.seconds(4), 5, 4, [5, 4]),
            (.seconds(6), 6, 6, [6, 6]),
            (.seconds(Int64.max), year, year, [day, day]),
        ] {
            for (result, expected) in [
                (RunReport.Result.outcome(.retry(after: wait)), retry), (.outcome(.snooze(for: wait)), snooze),
                (.failed(RunFailure(Throttled(retryAfter: wait))), asked[0]),
                (.failed(RunFailure(DependencyUnavailable("tmdb", retryAfter: wait))), asked[1]),
                (.failed(RunFailure(JobInterruption.snooze(for: wait))), snooze),
            ] {
                let report = RunReport(job, kind: "k", maxAttempts: 2, retry: .fixed(.seconds(5)), result: result)
                let word = word(Verdict(report, ending: nil))
                #expect(word.hasSuffix(" \(expected)"), "\(word) instead of \(expected) for \(wait)")
            }
        }
    }

    @Test func attemptsThatFailAtOnceComeEverMoreSlowly() async throws {
        var job = try await claimed()
        var waits: [Int] = []
        for attempt in 1...13 {
            job.attempt = attempt
            let report = RunReport(
                job, kind: "k", maxAttempts: 20, retry: .fixed(.zero), result: .failed(RunFailure(Throttled(retryAfter: .zero))))
            guard case .retry(let wait, _) = Verdict(report, ending: nil).settlement.outcome else { continue }
            waits.append(Int((wait / .milliseconds(1)).rounded()))
        }
        #expect(waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000, 1000, 1000])
    }

    @Test func anUnavailableDependencyIsFoundInWhatWrapsIt() {
        let inner = DependencyUnavailable("tmdb", retryAfter: .seconds(3))
        #expect(RunFailure(inner).dependency == "tmdb")
        let once = RunFailure(Wrapper(retryAfter: nil, cause: inner))
        #expect(once.dependency == "tmdb" && once.retryAfter == .seconds(3))
        let twice = RunFailure(Wrapper(retryAfter: .seconds(9), cause: Wrapper(retryAfter: .seconds(5), cause: inner)))
        #expect(twice.dependency == "tmdb" && twice.retryAfter == .seconds(9))
        let other = RunFailure(Wrapper(retryAfter: .seconds(9), cause: Failure()))
        #expect(other.dependency == nil && other.retryAfter == .seconds(9))
        #expect(RunFailure(Endless()).dependency == nil)
    }

    @Test func errorTextsAreBoundedByBytesAndStayJSON() {
        let accents = "a" + String(repeating: "\u{301}", count: 100_000)
        for hostile in [accents, String(repeating: "\"\\\n\u{0}", count: 5000), "\u{2028}</script>\u{7F}", ""] {
            let failure = RunFailure(Garbage(description: hostile))
            #expect(failure.message.utf8.count <= 4100)
            #expect(JSONText.isValid(Array(failure.json.utf8)))
        }
    }

    private func word(_ verdict: Verdict) -> String {
        switch verdict.settlement.outcome {
        case .completed: "completed"
        case .retry(let wait, _): "retry \(Int(wait.seconds))"
        case .snooze(let wait): "snooze \(Int(wait.seconds))"
        case .poll(_, let name): "poll \(name)"
        case .release: "release"
        case .wait(let base, _, _): "wait \(Int(base.seconds))"
        case .unavailable(let dependency, let wait, _, _): "\(dependency) \(Int((wait ?? .zero).seconds))"
        case .cancelled: "cancelled"
        case .discarded: "discarded"
        }
    }

    /// A job as Redis gives it.
    private func claimed() async throws -> ClaimedJob {
        let fixture = try await Fixture()
        _ = try await fixture.enqueue()
        let store = fixture.queues.store
        let worker = WorkerID(host: "host", process: 1)
        _ = try await store.call(
            Resync(worker: worker, session: 1, lease: .seconds(7200), info: "{}", running: []), on: fixture.queue)
        let cycle = Cycle(worker: worker, session: 1, call: 1, demand: 1, idle: .seconds(1), settlements: [])
        return try #require(try await store.call(cycle, on: fixture.queue).jobs.first)
    }
}

/// An error that wraps another.
struct Wrapper: RetryAfter {
    var retryAfter: Duration?
    var cause: (any Error)?
}

struct Throttled: RetryAfter {
    var retryAfter: Duration?
}

/// An error that names itself as its cause.
struct Endless: RetryAfter {
    var retryAfter: Duration? { nil }
    var cause: (any Error)? { self }
}

struct Garbage: Error, CustomStringConvertible {
    var description: String
}
