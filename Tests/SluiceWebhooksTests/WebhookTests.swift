import CoreMetrics
import Foundation
import Hiredis
import Sluice
import SluiceCore
import SluiceInspector
import SluiceTesting
import Synchronization
import TestSupport
import Testing

@testable import SluiceWebhooks

/// From a job's change to whoever wants to hear of it.
@Suite(.timeLimit(.minutes(5)))
struct WebhookTests {
    @Test func anEndIsTold() async throws {
        let fixture = try await WebhookFixture()
        let receiver = try await HookReceiver()
        let sender = try WebhookSender(fixture.options())
        let notify = Notify(try #require(URL(string: receiver.url)), on: [.ended])
        let done = try await fixture.client.enqueue(Told(steps: 3)) { $0.notify = notify }
        let failed = try await fixture.client.enqueue(Told(fails: true)) { $0.notify = notify }
        let cancelled = try await fixture.client.enqueue(Told()) {
            $0.delay = .seconds(3600)
            $0.notify = notify
        }
        let silent = try await fixture.client.enqueue(Told())
        try await fixture.running(sender) {
            try await fixture.inspector.change(.cancel, ids: [cancelled.id], in: "work")
            #expect(await fixture.hooks(.completed, are: 3))
        }
        let book = try HookBook(receiver.requests, fixture.verifier)
        book.expectOrder()
        #expect(Set(book.heard.keys) == [done.id.text, failed.id.text, cancelled.id.text] && book.heard[silent.id.text] == nil)
        let first = try #require(book.events(of: done.id.text).first)
        #expect(first.state == "completed" && first.kind == "told" && first.queue == "work" && first.error == nil)
        #expect(try first.result(as: Int.self) == 3)
        #expect(first.progress?.note == "step 2")
        #expect(book.events(of: failed.id.text).first?.error?.contains("ToldFailure") == true)
        #expect(book.events(of: cancelled.id.text).map(\.state) == ["cancelled"])
        // What was told is what is recorded, and not more than that.
        for id in [done.id, failed.id, cancelled.id] {
            let version = try await fixture.queues.command("HGET", fixture.queues.base("work") + ":notified", id.text)
            #expect(version.root.string == book.events(of: id.text).last.map { "\($0.version)" })
        }
        await receiver.close()
    }

    /// One answer in three is an error of some kind; nothing is lost, nothing overtakes.
    @Test func nothingIsLostAndNothingOvertakes() async throws {
        let fixture = try await WebhookFixture()
        let random = Mutex(SplitMix(seed: 11))
        let receiver = try await HookReceiver { _ in
            switch random.withLock({ $0.next() }) % 12 {
            case 0: .status(500)
            case 1: .reset
            case 2: .status(429, headers: ["Retry-After": "0"])
            case 3: .status(302, headers: ["Location": "/"])
            default: .status(204)
            }
        }
        let sender = try WebhookSender(fixture.options())
        let count = 60
        var requests: [JobRequest] = []
        for number in 0..<count {
            var request = try JobRequest(Told(steps: 3, fails: number % 5 == 0))
            request.id = JobID("j\(number)")
            request.notify = Notify(receiver.url, on: [.progress, .ended])
            requests.append(request)
        }
        #expect(try await fixture.client.enqueue(requests).added == count)
        try await fixture.running(sender) {
            let isDone = await fixture.queues.eventually(in: Notify.queue, within: .seconds(120)) {
                let status = try await fixture.inspector.status(of: Notify.queue)
                let ended = try await fixture.inspector.status(of: "work").totals
                let left = try await fixture.queues.dump().keys.contains { $0.hasSuffix(":messages") }
                return ended["completed", default: 0] + ended["discarded", default: 0] == count && !left
                    && status.totals["completed"] == status.totals["enqueued"]
            }
            #expect(isDone)
        }
        let book = try HookBook(receiver.requests, fixture.verifier)
        book.expectOrder()
        #expect(book.heard.count == count)
        for number in 0..<count {
            #expect(book.events(of: "j\(number)").last?.state == (number % 5 == 0 ? "discarded" : "completed"))
        }
        let told = try await fixture.inspector.status(of: Notify.queue).totals["enqueued", default: 0]
        #expect(book.bodies.count == told, "each was told, none was made up")
        #expect(receiver.requests.count > told, "the receiver failed now and then")
        for queue in ["work", Notify.queue] as [QueueName] {
            #expect(try await fixture.inspector.audit(queue).violations.map { "\($0.invariant) \($0.what)" } == [])
        }
        await receiver.close()
    }

    @Test func whatIsNeverTakenIsKeptAndCounted() async throws {
        let fixture = try await WebhookFixture()
        let isDown = Mutex(true)
        let receiver = try await HookReceiver { _ in .status(isDown.withLock { $0 } ? 500 : 204) }
        let counts = CountingMetrics()
        let sender = try WebhookSender(try fixture.options(maxAttempts: 2), metrics: counts)
        let ids = try await [
            fixture.client.enqueue(Told()) { $0.notify = Notify(receiver.url) }.id,
            fixture.client.enqueue(Told()) { $0.notify = Notify(receiver.url) }.id,
        ]
        try await fixture.running(sender) {
            #expect(await fixture.hooks(.discarded, are: 2))
            #expect(await fixture.queues.eventually(in: Notify.queue) { counts["sluice_webhooks_dead_total"] == 2 })
            #expect(receiver.requests.count == 4)
            isDown.withLock { $0 = false }
            let dead = try await fixture.inspector.jobs(
                matching: JobFilter(queues: [Notify.queue], states: [.discarded])
            ).jobs.map(\.id)
            #expect(dead.count == 2)
            let findings = try await fixture.inspector.diagnose(Notify.queue).findings
            let finding = try #require(findings.first { $0.what.contains("discarded") })
            #expect(finding.severity == .problem && finding.what.hasPrefix("2 notifications were discarded"))
            #expect(finding.cure.contains("jobs retry --queue webhooks --state discarded"))
            try await fixture.inspector.change(.retry, ids: dead, in: Notify.queue)
            #expect(await fixture.hooks(.completed, are: 2))
        }
        let book = try HookBook(receiver.requests, fixture.verifier)
        #expect(
            Set(book.heard.keys) == Set(ids.map(\.text)) && book.bodies.count == 2,
            "the dead have the same ids when they live again")
        await receiver.close()
    }

    /// Its clock is slow, or it does not care: it is tried when the policy says so all the same.
    @Test(arguments: ["0", "Sun, 06 Nov 1994 08:49:37 GMT"]) func aReceiverCannotSpendAllTriesAtOnce(_ retryAfter: String)
        async throws
    {
        let fixture = try await WebhookFixture()
        let receiver = try await HookReceiver { _ in .status(503, headers: ["Retry-After": retryAfter]) }
        try await fixture.client.enqueue(Told()) { $0.notify = Notify(receiver.url) }
        let sender = try WebhookSender(fixture.options(maxAttempts: 20, retry: .fixed(.seconds(3600))))
        try await fixture.running(sender) {
            let isTried = await fixture.queues.eventually(in: Notify.queue, within: .seconds(120)) {
                try await fixture.inspector.status(of: Notify.queue).states[.retryable] == 1
            }
            #expect(isTried)
            let filter = JobFilter(queues: [Notify.queue], states: [.retryable])
            let id = try #require(try await fixture.inspector.jobs(matching: filter).jobs.first?.id)
            let details = try #require(try await fixture.inspector.job(id, in: Notify.queue))
            #expect(details.dueAt?.timeIntervalSince(details.time) ?? 0 > 3000)
        }
        #expect(receiver.requests.count == 1)
        await receiver.close()
    }

    /// Though there are more notifications for one that hangs than there are places.
    @Test func aReceiverThatHangsLeavesPlacesToOthers() async throws {
        let fixture = try await WebhookFixture()
        let slow = try await HookReceiver { _ in .hang }
        let quick = try await HookReceiver()
        let loopback = try #require(IPAddress("127.0.0.1"))
        let sender = try WebhookSender(fixture.options(), lookup: { _ in [loopback] })
        var requests: [JobRequest] = []
        for number in 0..<60 {
            var request = try JobRequest(Told())
            request.notify = number < 50 ? Notify("http://slow.test:\(slow.port)/") : Notify("http://quick.test:\(quick.port)/")
            requests.append(request)
        }
        #expect(try await fixture.client.enqueue(requests).added == 60)
        try await fixture.running(sender) {
            let areTold = await fixture.queues.eventually(in: Notify.queue, within: .seconds(120)) { quick.requests.count == 10 }
            #expect(areTold)
            let limits = try await fixture.inspector.limits(of: Notify.queue)
            #expect(limits.declared.map(\.name) == ["concurrency/host"], "\(limits)")
        }
        #expect(slow.requests.count <= 4, "a fifth of twenty places")
        await slow.close()
        await quick.close()
    }

    /// A worker that delivers serves other queues as well, where anybody may enqueue such a kind.
    @Test func onlyJobsOfTheQueueOfNotificationsAreSigned() async throws {
        let fixture = try await WebhookFixture()
        let receiver = try await HookReceiver()
        let arguments = #"{"url":"\#(receiver.url)","body":{"id":"x"}}"#
        var request = try JobRequest(kind: Notify.kind, queue: Notify.queue, arguments: arguments)
        request.id = JobID("x")
        let refusal = await #expect(throws: SluiceError.self) { try await fixture.client.enqueue(request) }
        #expect(refusal?.code == .invalidArgument && refusal?.message.contains("with a signature") == true)
        request.queue = "work"
        try await fixture.client.enqueue(request)
        try await fixture.running(try WebhookSender(fixture.options())) {
            let isDiscarded = await fixture.queues.eventually(in: "work", within: .seconds(120)) {
                try await fixture.inspector.status(of: "work").states[.discarded] == 1
            }
            #expect(isDiscarded)
        }
        #expect(receiver.requests.isEmpty)
        await receiver.close()
    }

    @Test func aHookThatWantsNoMoreIsLeftAlone() async throws {
        let fixture = try await WebhookFixture()
        let receiver = try await HookReceiver { _ in .status(410) }
        try await fixture.client.enqueue(Told()) { $0.notify = Notify(receiver.url) }
        try await fixture.running(try WebhookSender(fixture.options())) {
            #expect(await fixture.hooks(.cancelled, are: 1))
        }
        #expect(receiver.requests.count == 1)
        await receiver.close()
    }

    @Test func aNodeOfAWorkflowTellsAsWell() async throws {
        let fixture = try await WebhookFixture()
        let receiver = try await HookReceiver()
        var flow = Workflow("told")
        var request = try JobRequest(Told(steps: 1))
        request.notify = Notify(receiver.url)
        let first = flow.add("first", request)
        _ = flow.add(Told(steps: 2), after: first)
        let handle = try await fixture.client.enqueue(flow)
        try await fixture.running(try WebhookSender(fixture.options())) {
            #expect(await fixture.hooks(.completed, are: 1))
            #expect(
                await fixture.queues.eventually(in: "work", within: .seconds(120)) {
                    try await handle.status().state.rawValue == "completed"
                })
        }
        #expect(try HookBook(receiver.requests, fixture.verifier).heard.count == 1)
        await receiver.close()
    }

    @Test(arguments: ["", "ftp://x/", "http://", "https://u@x/", "https://x/ y", "https://x/\n", "http://:80/"])
    func aHookThatCannotBeIsRefusedAtOnce(_ url: String) async throws {
        let fixture = try await WebhookFixture()
        await #expect(throws: SluiceError.self) { try await fixture.client.enqueue(Told()) { $0.notify = Notify(url) } }
        await #expect(throws: SluiceError.self) {
            try await fixture.client.enqueue(Told()) { $0.notify = Notify("https://x.test/", on: []) }
        }
    }
}

/// Counters that can be read.
private final class CountingMetrics: MetricsFactory {
    private final class Count: CounterHandler {
        private let value = Mutex<Int64>(0)
        func increment(by amount: Int64) { value.withLock { $0 += amount } }
        func reset() { value.withLock { $0 = 0 } }
        var now: Int64 { value.withLock { $0 } }
    }

    private let counters = Mutex<[String: Count]>([:])

    subscript(_ label: String) -> Int64? { counters.withLock { $0[label]?.now } }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        counters.withLock { counters in
            let counter = counters[label] ?? Count()
            counters[label] = counter
            return counter
        }
    }

    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        NOOPMetricsHandler.instance
    }

    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler { NOOPMetricsHandler.instance }
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}
}
