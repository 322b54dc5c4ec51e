import Sluice
import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceTesting
import SluiceWorker
import TestSupport
import Testing

/// A job that is unique by one of its fields while it lives.
private struct Crawl: Job {
    static let kind = "crawl"
    static let options = JobOptions(queue: "work", retry: .fixed(.milliseconds(1)), unique: .whileLive(by: .fields("page")))
    var page: String
    var depth = 0
}

/// Unique jobs as their users see them.
@Suite(.timeLimit(.minutes(10)))
struct UniqueTests {
    private func request(_ page: String, _ depth: Int = 0, _ conflict: Unique.Conflict) throws -> JobRequest {
        var request = try JobRequest(Crawl(page: page, depth: depth))
        request.unique = .whileLive(by: .fields("page"), onConflict: conflict)
        return request
    }

    @Test func theReplyNamesTheJobThatIsThere() async throws {
        let fixture = try await Fixture()
        let first = try await fixture.client.enqueue(Crawl(page: "a"))
        let second = try await fixture.client.enqueue(Crawl(page: "a", depth: 7))
        #expect(first.isNew && !second.isNew && second.id == first.id)
        #expect(try await fixture.client.enqueue(Crawl(page: "b")).isNew)
        let error = await #expect(throws: SluiceError.self) {
            try await fixture.client.enqueue(try request("a", 1, .fail))
        }
        #expect(error?.code == .duplicate && error?.owner == first.id && error?.message.contains(first.id.text) == true)
        #expect(error?.isTransient == false)
        let details = try #require(try await fixture.details(first.id))
        #expect(details.uniqueness?.fingerprint.count == 22 && details.uniqueness?.next == nil)
        #expect(await fixture.count(.available, is: 2))
        #expect(try await fixture.leftovers().allSatisfy { !$0.hasPrefix("I") })
    }

    @Test func manyAreCountedAndTheDuplicatesListed() async throws {
        let fixture = try await Fixture()
        let many = try await fixture.client.enqueue((0..<3000).map { Crawl(page: "\($0 % 1000)", depth: $0) })
        #expect(many.added == 1000 && many.existing == 2000 && many.duplicates == 0)
        let requests = try ["1", "new", "new"].map { try request($0, 0, .fail) }
        let more = try await fixture.client.enqueue(requests)
        #expect(more.added == 1 && more.existing == 0 && more.duplicates == 2 && more.duplicated.count == 2)
        #expect(Set(more.duplicated.map(\.owner)).count == 2)
        #expect(try await fixture.inspector.audit("work").isClean)
    }

    @Test(arguments: Queue.AckMode.allCases) func aRunThatIsOvertakenIsFollowedByTheLastWish(ack: Queue.AckMode) async throws {
        let fixture = try await Fixture(.server)
        let worker = fixture.worker(ack: ack)
        let depths = Recorder<Int>()
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        worker.handle(Crawl.self) { job, _ in
            depths.add(job.depth)
            if job.depth == 0 { for await _ in gate { break } }
        }
        try await fixture.running(worker) {
            let first = try await fixture.client.enqueue(Crawl(page: "a"))
            #expect(await fixture.becomes(first.id, .executing))
            for depth in 1...3 {
                let met = try await fixture.client.enqueue(try request("a", depth, .replaceArguments))
                #expect(!met.isNew && met.id == first.id)
            }
            let details = try #require(try await fixture.details(first.id))
            guard case .arguments(let next)? = details.uniqueness?.next else {
                Issue.record("nothing is to come")
                return
            }
            #expect(next.contains("3"))
            open.yield()
            #expect(await fixture.count(.completed, is: 2))
        }
        #expect(depths.all == [0, 3])
        #expect(try await fixture.client.enqueue(Crawl(page: "a")).isNew)
        #expect(try await fixture.inspector.audit("work").isClean)
    }

    @Test(arguments: Queue.AckMode.allCases) func aRetryRunsWithTheNewArguments(ack: Queue.AckMode) async throws {
        let fixture = try await Fixture(.server)
        let worker = fixture.worker(ack: ack)
        let runs = Recorder<String>()
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        worker.handle(Crawl.self) { job, context in
            runs.add("\(job.depth) \(context.attempt)")
            if context.attempt > 1 { return }
            for await _ in gate { break }
            throw Failure()
        }
        try await fixture.running(worker) {
            let first = try await fixture.client.enqueue(Crawl(page: "a"))
            #expect(await fixture.becomes(first.id, .executing))
            _ = try await fixture.client.enqueue(try request("a", 5, .replaceArguments))
            open.yield()
            #expect(await fixture.becomes(first.id, .completed))
        }
        #expect(runs.all == ["0 1", "5 2"])
        #expect(try await fixture.leftovers() == [])
    }

    @Test func aRunMayEnqueueItselfOnceMore() async throws {
        let fixture = try await Fixture(.server)
        let worker = fixture.worker()
        let depths = Recorder<Int>()
        worker.handle(Crawl.self) { job, context in
            depths.add(job.depth)
            if job.depth < 3 {
                var next = try JobRequest(Crawl(page: job.page, depth: job.depth + 1))
                next.unique = .whileLive(by: .fields("page"), onConflict: .replaceArguments)
                try context.enqueue(next)
                // This one meets the run itself, and is not added.
                try context.enqueue(Crawl(page: job.page, depth: 100))
            }
        }
        try await fixture.running(worker) {
            _ = try await fixture.client.enqueue(Crawl(page: "a"))
            #expect(await fixture.count(.completed, is: 4))
        }
        #expect(depths.all == [0, 1, 2, 3])
        #expect(try await fixture.leftovers() == [])
    }

    @Test func aDuplicateIsNoMemberOfABatch() async throws {
        let fixture = try await Fixture(.server)
        _ = try await fixture.client.enqueue(Crawl(page: "old"))
        let batch = try await fixture.client.openBatch("pages", id: BatchID("pages"))
        let total = try await batch.add(["old", "a", "b", "a"].map { Crawl(page: $0) })
        #expect(total.added == 2 && total.existing == 2)
        try await batch.seal()
        let worker = fixture.worker()
        worker.handle(Crawl.self) { _, _ in }
        try await fixture.running(worker) {
            #expect(await fixture.count(.completed, is: 3))
            #expect(await fixture.queues.eventually(in: "work") { try await batch.status()?.finished != nil })
        }
        #expect(try await batch.status()?.total == 2)
    }

    @Test func anOperatorsRetryIsToldWhoIsThere() async throws {
        let fixture = try await Fixture()
        let first = try await fixture.client.enqueue(Crawl(page: "a"))
        try await fixture.inspector.change(.cancel, ids: [first.id], in: "work")
        let second = try await fixture.client.enqueue(Crawl(page: "a"))
        #expect(second.isNew)
        let change = try #require(try await fixture.inspector.change(.retry, ids: [first.id], in: "work").first)
        #expect(change.result == .taken(second.id) && !change.isDone)
    }

    @Test func whatCannotBeUniqueIsRefusedBeforeAnythingIsStored() async throws {
        let fixture = try await Fixture()
        let refused: [(Unique, String)] = [
            (.whileLive(by: .key("")), "empty"), (.whileLive(by: .fields()), "no field"),
            (.for(.zero, by: .key("a")), "for a period"),
        ]
        for (unique, message) in refused {
            var request = try JobRequest(Crawl(page: "a"))
            request.unique = unique
            let error = await #expect(throws: SluiceError.self) { try await fixture.client.enqueue(request) }
            #expect(error?.code == .invalidArgument && error?.message.contains(message) == true, "\(error?.message ?? "")")
        }
        var text = try JobRequest(kind: "k", queue: "work", arguments: "[1]")
        text.unique = .whileLive(by: .fields("a"))
        await #expect(throws: SluiceError.self) { try await fixture.client.enqueue(text) }
        var flow = Workflow("flow")
        flow.add("node", Crawl(page: "a"))
        let error = await #expect(throws: SluiceError.self) { try await fixture.client.enqueue(flow) }
        #expect(error?.code == .invalidArgument && error?.message.contains("node 'node'") == true, "\(error?.message ?? "")")
        #expect(try await fixture.queues.dump().keys.allSatisfy { !$0.contains("spec") })
    }
}
