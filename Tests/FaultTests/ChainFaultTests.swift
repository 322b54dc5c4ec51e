import Sluice
import SluiceCore
import SluiceInspector
import SluiceTesting
import TestSupport
import Testing

/// A worker that dies between any two steps of the way from one queue to another: settlement, reading what is to be carried,
/// delivery, acknowledgement; and of the news that goes back.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct ChainFaultTests {
    /// The call whose reply the worker never sees: it was applied, and what would follow it was not done.
    struct Step: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var words: [String]
    }

    static let steps = [
        Step(testDescription: "the settlement", words: ["sluice1_cycle", "completed"]),
        Step(testDescription: "reading what is to be carried", words: ["sluice1_outgoing"]),
        Step(testDescription: "the delivery", words: ["sluice1_deliver"]),
        Step(testDescription: "the acknowledgement", words: ["sluice1_acknowledge"]),
        Step(testDescription: "the news that goes back", words: ["sluice1_tell"]),
    ]

    @Test(arguments: steps) func whatWasEnqueuedElsewhereRunsOnce(_ step: Step) async throws {
        let load = try await Load()
        let proxy = try await FaultyProxy(to: load.server)
        proxy.fail(step.words, with: .holdReply)
        let victim = try await load.chainWorker(through: proxy.url)
        // A row over three slots: the last one waits where the first one ran, for one that has moved.
        let first = try await load.client.enqueue(JobRequest(kind: "load", queue: "load", arguments: "\"spawn\""))
        var second = try JobRequest(kind: "load", queue: "away", arguments: "2")
        second.after = FollowUp(first)
        let middle = try await load.client.enqueue(second)
        var third = try JobRequest(kind: "load", queue: "load", arguments: "3")
        third.after = FollowUp(middle)
        let last = try await load.client.enqueue(third)
        await proxy.heldReplies.wait()
        await victim.killAndWait()
        _ = try await load.chainWorker()
        let ids = [first.id.text, "\(first.id)-1", middle.id.text, last.id.text]
        #expect(
            await load.queues.eventually(in: load.queue, within: .seconds(300)) {
                let near = try await load.inspector.status(of: "load").totals["completed"]
                let far = try await load.inspector.status(of: "away").totals["completed"]
                return near == 2 && far == 2
            })
        // Only what the victim was running when it died, if it had come so far as to run one of the others, starts again.
        let near = try await load.inspector.status(of: "load").totals["reclaimed", default: 0]
        let far = try await load.inspector.status(of: "away").totals["reclaimed", default: 0]
        #expect(load.startedTwice().count <= near + far)
        #expect(!load.startedTwice().contains(first.id.text))
        #expect(Set(load.log.entries().filter(\.isEnd).map(\.id)) == Set(ids))
        // The last message may still be on its way.
        #expect(
            await load.queues.eventually(in: load.queue, within: .seconds(300)) {
                try await load.queues.dump().keys.allSatisfy { !$0.hasSuffix(":messages") && !$0.hasSuffix(":suspended") }
            })
        for queue in ["load", "away"] as [QueueName] {
            #expect(try await load.inspector.audit(queue).violations.map { "\($0.invariant) \($0.what)" } == [])
        }
        await proxy.close()
    }

    @Test func aHundredWaysWithWorkersThatAreKilledAgainAndAgain() async throws {
        let load = try await Load()
        var workers = [try await load.chainWorker(), try await load.chainWorker()]
        var requests: [JobRequest] = []
        for number in 0..<300 {
            var request = try JobRequest(kind: "load", queue: "load", arguments: "\"spawn\"")
            request.id = JobID("a\(number)")
            var next = try JobRequest(kind: "load", queue: "away", arguments: "2")
            next.id = JobID("b\(number)")
            next.after = FollowUp(JobHandle(JobID("a\(number)"), in: "load"))
            requests += [request, next]
        }
        #expect(try await load.client.enqueue(requests).added == 600)
        for round in 1...4 {
            _ = await load.queues.eventually(in: "away") {
                try await load.inspector.status(of: "away").totals["completed", default: 0] >= round * 60
            }
            await workers.removeFirst().killAndWait()
            workers.append(try await load.chainWorker())
        }
        #expect(
            await load.queues.eventually(in: "away", within: .seconds(300)) {
                try await load.inspector.status(of: "away").totals["completed", default: 0] >= 600
            })
        // A run that was cut off before its outcome was recorded starts again; those that were enqueued do not come twice.
        #expect(try await load.inspector.status(of: "load").totals["completed"] == 300)
        #expect(try await load.inspector.status(of: "away").totals["enqueued"] == 600)
        #expect(try await load.inspector.status(of: "away").totals["completed"] == 600)
        for queue in ["load", "away"] as [QueueName] {
            #expect(try await load.inspector.audit(queue).violations.map { "\($0.invariant) \($0.what)" } == [])
        }
    }
}
