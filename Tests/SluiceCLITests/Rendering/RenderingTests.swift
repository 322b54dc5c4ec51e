import Foundation
import SluiceCore
import Testing

@testable import SluiceCLI
@testable import SluiceInspector

struct RenderingTests {
    private let status = QueueStatus(
        "mail",
        reply: [
            "available": "1200", "executing": "3", "completed": "7", "oldest_available_ms": "192000", "lanes": "2",
            "workers": "2",
            "paused": "940000 a deploy\u{1B}", "now": "1000000", "keeps_completed": "1000 3600000", "total_enqueued": "1300",
            "total_retried": "4",
        ])

    @Test func aLineForEachQueue() {
        #expect(
            StatusText.table([status]).lines() == [
                "QUEUE  AVAILABLE  EXECUTING  SCHEDULED  RETRYABLE  DISCARDED  OLDEST  WORKERS  PAUSED",
                "mail       1,200          3          0          0          0  3m 12s        2  1m ago: a deploy\\u{1b}",
            ])
        var running = status
        running.pause = nil
        #expect(StatusText.table([running]).lines().first?.hasSuffix("WORKERS") == true)
        running.states[.suspended] = 12
        #expect(
            StatusText.table([running]).lines() == [
                "QUEUE  AVAILABLE  EXECUTING  SCHEDULED  RETRYABLE  SUSPENDED  DISCARDED  OLDEST  WORKERS",
                "mail       1,200          3          0          0         12          0  3m 12s        2",
            ])
    }

    @Test func aQueueInWhichAsManyWaitAsMayIsFull() {
        var limited = status
        limited.depthLimit = 5000
        #expect(StatusText.card(limited).contains("  1,200 of 5,000 jobs wait that may"))
        limited.depthLimit = 1200
        #expect(StatusText.card(limited).contains("  1,200 of 1,200 jobs wait that may: full"))
    }

    @Test func aCardForOneQueue() {
        #expect(
            StatusText.card(status) == [
                "mail",
                "  paused 1m ago: a deploy\\u{1b}",
                "  available   1,200   oldest 3m 12s, in 2 lanes",
                "  scheduled       0",
                "  executing       3   on 2 workers",
                "  retryable       0",
                "  suspended       0",
                "  completed       7   kept: 1,000 at most, for 1h",
                "  cancelled       0",
                "  discarded       0",
                "  total       1,300 enqueued, 4 retried",
            ])
    }

    /// A link says where the end goes, not that it has arrived.
    @Test func aCardNamesTheReceivers() throws {
        let job = try #require(
            JobDetails(
                "mail",
                reply: [
                    "id": "a", "state": "completed", "spec": #"{"kind":"email","args":{}}"#, "now": "1000000",
                    "links": "notify ended https://x.test/h\nbatch.b\nworkflow.w n\nwait c",
                ]))
        let line = JobText.card(job).first { $0.hasPrefix("  notifies") } ?? ""
        #expect(
            line == "  notifies    web hook https://x.test/h (ended), delivered by sluice-webhooks from queue webhooks, batch b, "
                + "node n of workflow w, a client that waits, c")
    }

    @Test func aCardForOneJob() throws {
        let job = try #require(
            JobDetails(
                "mail",
                reply: [
                    "id": "a", "state": "retryable", "spec": #"{"kind":"email","max_attempts":3,"args":{"to":"a@b.c"}}"#,
                    "now": "1000000", "score": "1060000", "attempts": "1", "created": "900000",
                    "errors": #"{"at":940000,"attempt":1,"worker":"w","error":"boom\nat line 7"}"#,
                    "progress": #"{"at":930000,"fraction":0.25,"note":"half"}"#,
                ]))
        #expect(
            JobText.card(job) == [
                "a  in mail",
                "  state       retryable",
                "  kind        email",
                #"  arguments   {"to":"a@b.c"}"#,
                "  attempts    1 failed, 3 at most",
                "  created     1970-01-01T00:15:00.000Z  (1m 40s ago)",
                "  due         1970-01-01T00:17:40.000Z  (in 1m)",
                "  progress    25 %: half  (1m 10s ago)",
                "  errors",
                "    attempt 1, 1m ago, on w",
                "      boom",
                "      at line 7",
            ])
    }

    @Test func aCardShowsTheStepsThatAreDoneOnce() throws {
        let job = try #require(
            JobDetails(
                "mail",
                reply: [
                    "id": "a", "state": "completed", "spec": #"{"kind":"email","args":{}}"#, "now": "1000000", "score": "940000",
                    "once": "charge T1 9 {\"sum\":5}\nmail T2 - \n",
                ]))
        #expect(
            JobText.card(job).suffix(3) == [
                "  ended       1970-01-01T00:15:40.000Z  (1m ago)",
                #"  steps       charge done: {"sum":5}"#,
                "              mail begun, and not known to have ended; its token is T2",
            ])
    }

    @Test func transitionsAreCutForTerminalsOnly() {
        var transition = Transition(
            queue: "mail", from: nil, to: .available, ids: [JobID(known: "a"), JobID(known: "b")], worker: nil,
            at: Date(milliseconds: 1000))
        #expect(TransitionText.line(transition) == "00:00:01.000Z  mail  new → available          2 jobs: a b")
        transition.worker = WorkerID(known: "w")
        transition.from = .executing
        transition.to = nil
        transition.ids = (0..<100).map { JobID(known: "id\($0)") }
        #expect(TransitionText.line(transition).hasSuffix("id98 id99"))
        #expect(TransitionText.line(transition, width: 80).count == 80)
    }

    @Test func momentsAreExact() throws {
        for milliseconds in [0, 1, 999, 1_700_000_000_001, 1_795_336_200_123, 4_000_000_000_999] {
            let text = Date(milliseconds: milliseconds).rfc3339
            #expect(try TimeText.parse(text) == milliseconds)
        }
        #expect(Date(milliseconds: 1_795_336_200_123).rfc3339 == "2026-11-22T08:30:00.123Z")
    }

    @Test func anAuditTellsWhatIsWrong() {
        var report = AuditReport()
        report.checked = 1200
        #expect(AuditCommand.summary(report) == "clean: 1,200 checked")
        report.violations = [AuditReport.Violation(queue: "mail", invariant: "I1", what: "x is in no index")]
        #expect(AuditCommand.summary(report) == "1 violation, 1,200 checked")
        report.isComplete = false
        #expect(AuditCommand.summary(report) == "1 violation, and there may be more, 1,200 checked")
    }

    @Test func workersWithTheirPlaces() {
        let worker = WorkerStatus(
            queue: "mail", worker: WorkerID(known: "vm.7.x"), lease: .seconds(29), jobs: 2, info: #"{"concurrency":8}"#)
        let dead = WorkerStatus(queue: "mail", worker: WorkerID(known: "vm.8.y"), lease: .seconds(-1), jobs: 0, info: "{}")
        #expect(
            WorkersListCommand.table([worker, dead]).lines() == [
                "WORKER  QUEUE  JOBS  PLACES  LEASE",
                "vm.7.x  mail      2       8    29s",
                "vm.8.y  mail      0       -  ended",
            ])
        let new = WorkerStatus(
            queue: "mail", worker: WorkerID(known: "vm.9.z"), lease: .seconds(29), jobs: 0,
            info: #"{"concurrency":8,"version":"2.3\u001b[1m"}"#)
        #expect(
            WorkersListCommand.table([dead, new]).lines() == [
                "WORKER  QUEUE  JOBS  PLACES  LEASE  VERSION",
                "vm.8.y  mail      0       -  ended  -",
                "vm.9.z  mail      0       8    29s  2.3\\u{1b}[1m",
            ])
    }
}
