import Foundation
import Sluice
import SluiceCore
import SluiceInspector
import SluiceTesting
import SluiceWebhooks
import Synchronization
import TestSupport
import Testing

/// Workers that die anywhere on the way from the end of a job to the receiver's answer. Promise N6.
@Suite(.serialized, .timeLimit(.minutes(4)))
struct WebhookFaultTests {
    @Test(arguments: ["sluice1_cycle", "sluice1_deliver", "sluice1_acknowledge", "sluice1_forget"])
    func whoeverComesNextCarriesOn(_ call: String) async throws {
        let load = try await Load()
        let receiver = try await HookReceiver()
        let proxy = try await FaultyProxy(to: load.server)
        proxy.fail(call == "sluice1_cycle" ? [call, "completed"] : [call], with: .holdReply)
        let victim = try await load.hookWorker(through: proxy.url)
        let job = try await enqueue(1, at: receiver, load)[0]
        await proxy.heldReplies.wait()
        await victim.killAndWait()
        _ = try await load.hookWorker()
        #expect(await hasMessage(load))
        let events = try heard(receiver)[job, default: []]
        // Its run may have been cut off as well, and told of its progress twice.
        #expect(unique(events).map(\.event).first == .progress && unique(events).map(\.event).last == .ended)
        #expect(unique(events).count(where: { $0.event == .ended }) == 1)
        try await expectClean(load)
        await proxy.close()
        await receiver.close()
    }

    @Test func nothingIsLostAndNothingOvertakesThoughWorkersAreKilled() async throws {
        let load = try await Load()
        let answers = Mutex(0)
        let receiver = try await HookReceiver { _ in
            let number = answers.withLock { count in
                count += 1
                return count
            }
            return number % 7 == 0 ? .status(503) : .status(204)
        }
        var workers = [try await load.hookWorker(), try await load.hookWorker()]
        let jobs = try await enqueue(200, at: receiver, load)
        for round in 1...4 {
            _ = await load.queues.eventually(in: Notify.queue) { receiver.requests.count >= round * 50 }
            await workers.removeFirst().killAndWait()
            workers.append(try await load.hookWorker())
        }
        #expect(await hasMessage(load))
        let heard = try heard(receiver)
        #expect(Set(heard.keys) == Set(jobs))
        for job in jobs {
            let events = unique(heard[job, default: []])
            #expect(events.map(\.version) == events.map(\.version).sorted(), "\(job)")
            #expect(events.last?.event == .ended && events.last?.state == "completed", "\(job)")
            #expect(events.count(where: { $0.event == .ended }) == 1, "\(job)")
        }
        try await expectClean(load)
        await receiver.close()
    }

    private func enqueue(_ count: Int, at receiver: HookReceiver, _ load: Load) async throws -> [String] {
        var requests: [JobRequest] = []
        for number in 0..<count {
            var request = try JobRequest(kind: "load", queue: "load", arguments: "\(number)")
            request.id = JobID("j\(number)")
            request.notify = Notify(receiver.url, on: [.progress, .ended])
            requests.append(request)
        }
        #expect(try await load.client.enqueue(requests).added == count)
        return requests.compactMap(\.id?.text)
    }

    /// Waits until all jobs have ended and all that they had to tell was told.
    private func hasMessage(_ load: Load) async -> Bool {
        await load.queues.eventually(in: Notify.queue, within: .seconds(90)) {
            let own = try await load.inspector.status(of: "load")
            let hooks = try await load.inspector.status(of: Notify.queue)
            let isCarried = try await load.queues.dump().keys.allSatisfy { !$0.hasSuffix(":messages") }
            return own.totals["completed"] == own.totals["enqueued"] && isCarried && hooks.totals["enqueued", default: 0] > 0
                && hooks.totals["completed"] == hooks.totals["enqueued"]
        }
    }

    /// What was heard of each job, as it came, each checked by itself.
    private func heard(_ receiver: HookReceiver) throws -> [String: [WebhookEvent]] {
        let verifier = try WebhookVerifier([WebhookSecret("a secret of enough bytes")], tolerance: .seconds(3600))
        var bodies: [String: [UInt8]] = [:]
        var heard: [String: [WebhookEvent]] = [:]
        for request in receiver.requests {
            let event = try verifier.event(request.body, headers: { request.headers[$0.lowercased()] })
            #expect(event.id == request.headers["sluice-id"])
            #expect(bodies[event.id, default: request.body] == request.body, "a repetition is the same")
            bodies[event.id] = request.body
            heard[event.job, default: []].append(event)
        }
        return heard
    }

    private func unique(_ events: [WebhookEvent]) -> [WebhookEvent] {
        var seen: Set<String> = []
        return events.filter { seen.insert($0.id).inserted }
    }

    private func expectClean(_ load: Load) async throws {
        for queue in ["load", Notify.queue] as [QueueName] {
            #expect(try await load.inspector.audit(queue).violations.map { "\($0.invariant) \($0.what)" } == [])
        }
    }
}
