import Sluice
import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceTesting
import Testing

/// Jobs behind others, as producers enqueue them.
@Suite(.timeLimit(.minutes(10)))
struct FollowUpTests {
    private func job(_ producer: Producer, _ id: JobID, _ queue: QueueName = "work") async throws -> JobDetails? {
        try await producer.inspector.job(id, in: queue)
    }

    @Test(arguments: FailurePolicy.allCases) func itWaitsForItsParent(_ onFailed: FailurePolicy) async throws {
        let producer = try await Producer()
        let parent = try await producer.client.enqueue(Numbered())
        let follower = try await producer.client.enqueue(Numbered(number: 1), after: parent, onFailed: onFailed) {
            $0.delay = .seconds(5)
        }
        #expect(follower.isNew && follower.queue == "work")
        let details = try #require(try await job(producer, follower.id))
        #expect(details.state == .suspended)
        #expect(details.links.parent?.id == parent.id && details.links.parent?.onFailed == onFailed)
        #expect(details.links.target == nil)
        let above = try #require(try await job(producer, parent.id)).links
        #expect(above.followers == [follower.id] && above.followerCount == 1 && above.receivers == [])
        let why = try #require(try await producer.inspector.explain(follower.id, in: "work"))
        #expect(why.reasons == [.waits(job: parent.id, state: .available, onFailed: onFailed, target: nil)])
    }

    @Test func itWaitsInTheSlotOfItsParentForItsOwnQueue() async throws {
        let producer = try await Producer()
        let parent = try await producer.client.enqueue(Numbered())
        let follower = try await producer.client.enqueue(Numbered(number: -3), after: parent) { $0.queue = "other" }
        #expect(follower.queue == "other")
        let details = try #require(try await job(producer, follower.id))
        #expect(details.state == .suspended && details.links.target == "other")
        // One that follows it waits there, too, though its queue is a third one.
        let last = try await producer.client.enqueue(Numbered(), after: follower) { $0.queue = "third" }
        #expect(try await job(producer, last.id)?.links.parent?.id == follower.id)
        #expect(try await producer.inspector.audit("work").isClean)
    }

    @Test func anUnknownParentIsRefusedBeforeAnythingIsStored() async throws {
        let producer = try await Producer()
        var request = try JobRequest(Numbered())
        request.after = FollowUp(JobHandle(JobID("never"), in: "work"))
        let error = await #expect(throws: SluiceError.self) { try await producer.client.enqueue(request) }
        #expect(error?.code == .parentUnknown)
        #expect(error?.message.contains("never") == true)
        #expect(try await producer.queues.dump().keys.allSatisfy { !$0.contains(":spec") && !$0.contains(":suspended") })
    }

    @Test func ofManyOnlyThoseWithoutAParentAreRefused() async throws {
        let producer = try await Producer()
        var requests: [JobRequest] = []
        for number in 0..<1500 {
            var request = try JobRequest(Numbered(number: number))
            request.id = JobID("j\(number)")
            if number > 0 { request.after = FollowUp(JobHandle(try JobID(number == 700 ? "never" : "j0"), in: "work")) }
            requests.append(request)
        }
        let error = await #expect(throws: SluiceError.self) { try await producer.client.enqueue(requests) }
        #expect(error?.code == .parentUnknown && error?.message.contains("j700") == true)
        #expect(try await producer.count(.suspended) == 1498)
        #expect(try await producer.count(.available) == 1)
        #expect(try await producer.inspector.audit("work").isClean)
    }

    @Test(arguments: [true, false]) func anIdThatItsOwnQueueHasIsNotNew(_ hasEnded: Bool) async throws {
        let producer = try await Producer()
        let (client, name) = (producer.client, JobID(known: "refund"))
        let order = try await client.enqueue(Numbered())
        _ = try await client.enqueue(Numbered(number: 1)) {
            $0.id = name
            $0.queue = "refunds"
        }
        if hasEnded { try await producer.inspector.change(.cancel, ids: [name], in: "refunds") }
        let again = try await client.enqueue(Numbered(number: 2), after: order) {
            $0.id = name
            $0.queue = "refunds"
        }
        #expect(again.handle == JobHandle(id: name, queue: "refunds", isNew: false))
        func request(_ id: JobID) throws -> JobRequest {
            var request = try JobRequest(Numbered(number: 3))
            (request.id, request.queue, request.after) = (id, "refunds", FollowUp(order))
            return request
        }
        let bulk = try await client.enqueue([request(name), request(JobID(known: "else")), request(name)])
        #expect(bulk.added == 1 && bulk.existing == 2)
        let batch = try await client.openBatch("b")
        #expect(try await batch.add([request(name)]).existing == 1)
        #expect(try await batch.status()?.total == 0)
        #expect(try await job(producer, name) == nil)
        #expect(try await job(producer, JobID(known: "else"))?.state == .suspended)
    }

    /// Its own queue cannot know of one that waits elsewhere. The first that comes there is the job of the id.
    @Test func anIdThatWaitsElsewhereIsTakenByTheFirstThatComes() async throws {
        let producer = try await Producer()
        let (client, name) = (producer.client, JobID(known: "refund"))
        let order = try await client.enqueue(Numbered())
        let waiting = try await client.enqueue(Numbered(number: 1), after: order, onFailed: .ignore) {
            $0.id = name
            $0.queue = "refunds"
        }
        let direct = try await client.enqueue(Numbered(number: 2)) {
            $0.id = name
            $0.queue = "refunds"
        }
        #expect(waiting.isNew && direct.isNew)
        #expect(try await producer.inspector.jobs(withID: name).count == 2)
        try await producer.inspector.change(.cancel, ids: [order.id], in: "work")
        #expect(try await producer.inspector.jobs(withID: name).map(\.queue) == ["refunds"])
        #expect(try await job(producer, name, "refunds")?.arguments.contains("2") == true)
        let totals = try await producer.inspector.status(of: "refunds").totals
        #expect(totals == ["enqueued": 1, "refused": 1])
    }

    @Test func jobsInTransitAreCountedApart() async throws {
        let producer = try await Producer()
        let client = producer.client
        for number in 0..<20 {
            let order = try await client.enqueue(Numbered(number: number)) { $0.id = JobID(known: "o\(number)") }
            try await client.enqueue(Numbered(number: number), after: order, onFailed: .ignore) { $0.queue = "mail" }
            try await client.enqueue(Numbered(number: number), after: order) { $0.queue = "mail" }
        }
        #expect(try await producer.inspector.status(of: "work").totals == ["enqueued": 20, "visiting": 40])
        try await producer.inspector.change(.cancel, where: BulkFilter(states: [.available]), in: "work")
        let (work, mail) = (try await producer.inspector.status(of: "work"), try await producer.inspector.status(of: "mail"))
        #expect(work.totals == ["enqueued": 20, "visiting": 40, "passed": 20, "cancelled": 40])
        #expect(mail.totals == ["enqueued": 20] && mail.states[.available] == 20)
        for queue: QueueName in ["work", "mail"] { #expect(try await producer.inspector.audit(queue).isClean) }
        try await producer.inspector.change(.delete, in: "work")
        #expect(try await producer.inspector.status(of: "work").totals["removed"] == 40)
        #expect(try await producer.inspector.audit("work").isClean)
    }

    @Test func itsParentMayHaveMovedSinceItWasEnqueued() async throws {
        let producer = try await Producer()
        let client = producer.client
        let parent = try await client.enqueue(Numbered())
        let middle = try await client.enqueue(Numbered(number: 1), after: parent) { $0.queue = "other" }
        // The parent ends, and the process that put in the next one dies before it has brought that to its queue.
        let store = producer.queues.store
        _ = try await store.call(ChangeJobs(.cancel, [middle.id]), on: "work")
        let again = JobHandle(id: JobID(known: "again"), queue: "other", isNew: true, origin: "work")
        var job = NewJob(id: again.id, spec: Array(#"{"kind":"numbered","args":{"number":1}}"#.utf8))
        job.after = NewJob.After(parent: middle.id, policy: .ignore, target: "other")
        _ = try await store.call(Enqueue(producer: "p", number: 1, jobs: [job]), on: "work")
        #expect(try await self.job(producer, again.id)?.links.target == "other")
        // On its way, it is in no place where others could wait for it: the one who wants to brings it to its queue.
        let last = try await client.enqueue(Numbered(number: 2), after: again) { $0.queue = "work" }
        #expect(last.isNew)
        #expect(try await self.job(producer, last.id, "other")?.links.target == "work")
        var request = try JobRequest(Numbered(number: 3))
        request.after = FollowUp(again)
        let bulk = try await client.enqueue([request])
        #expect(bulk.added == 1)
        #expect(try await producer.inspector.audit("work").isClean)
        #expect(try await producer.inspector.audit("other").isClean)
    }
}
