import Hiredis
import ScenarioSupport
import Sluice
import SluiceInspector
import SluiceStore

/// Small experiments in the middle of everything, each with items of its own.
struct Trials {
    let stage: CrawlStage

    private static let crowd = 20
    /// Before all announcements.
    static let first = -1

    /// Numbers of items that are never announced. None of them asks.
    private func item(_ offset: Int) -> Int { stage.scale.items + offset * 10 }

    /// A job that takes its worker with it, while nothing else runs. It comes back twice, and then among others.
    func killer() async throws {
        try await stage.client.enqueue(try request(Item.killer.number, Self.first, .kill))
        try await stage.until("it had killed") { await !stage.crew.dead.isEmpty }
    }

    /// Equal jobs, many at the same time, while there is one in each of the states in which a job lives.
    func twins() async throws {
        try await twins(of: item(0), in: .scheduled) { $0.due = .after(.seconds(86_400)) }
        try await stage.inspector.change(.retry, ids: [JobID(known: Item.id(item(0), 0))], in: CrawlStage.queue)
        try await stage.inspector.pause(CrawlStage.queue, reason: "twins")
        try await twins(of: item(1), in: .available) { _ in }
        try await stage.inspector.resume(CrawlStage.queue)
        try await twins(of: item(2), act: .fail, in: .retryable) { $0.maxAttempts = 1000 }
        try await stage.inspector.change(.cancel, ids: [JobID(known: Item.id(item(2), 0))], in: CrawlStage.queue)
        try await twinsOfRunning(item(3))
    }

    private func twins(
        of number: Int, act: Classify.Act? = nil, in state: JobState, _ change: (inout JobRequest) -> Void
    ) async throws {
        var first = try request(number, 0, act)
        change(&first)
        try await stage.client.enqueue(first)
        let id = JobID(known: Item.id(number, 0))
        try await stage.until("\(id) was \(state)", every: .milliseconds(5)) {
            // One that waits for its next attempt may be in between two for a moment.
            try await stage.inspector.job(id, in: CrawlStage.queue)?.state == state
        }
        try await crowd(number, .keepExisting, state)
    }

    /// All at once. None is added.
    private func crowd(_ number: Int, _ conflict: Unique.Conflict, _ state: JobState, from first: Int = 1) async throws {
        let client = stage.client
        let requests = try (first..<first + Self.crowd).map { index in
            var request = try request(number, index, nil)
            if !stage.asOriginal { request.unique?.onConflict = conflict }
            return request
        }
        let replies = try await withThrowingTaskGroup(of: JobHandle.self) { group in
            for request in requests { group.addTask { try await client.enqueue(request) } }
            return try await group.reduce(into: [JobHandle]()) { $0.append($1) }
        }
        stage.evidence.twins.append(
            Evidence.TwinTrial(state: state, owners: Set(replies.map(\.id.text)), added: replies.count(where: \.isNew)))
    }

    /// While it runs: new arguments, twice, and once more after it; what was left last is what runs next.
    private func twinsOfRunning(_ number: Int) async throws {
        let id = Item.id(number, 0)
        try await stage.client.enqueue(try request(number, 0, .hold))
        try await stage.until("\(id) ran") {
            try await stage.inspector.job(JobID(known: id), in: CrawlStage.queue)?.state == .executing
        }
        try await crowd(number, .keepExisting, .executing)
        try await crowd(number, .replaceArguments, .executing, from: 100)
        var last = try request(number, 200, nil)
        if !stage.asOriginal { last.unique?.onConflict = .replaceArguments }
        try await stage.client.enqueue(last)
        stage.marks.mark("release.\(id)")
        let wanted = Item.id(number, 200)
        stage.evidence.replaced = (wanted, [])
        try await stage.until("\(wanted) had ended") {
            let live = try await stage.live([Classify.kind]).contains { $0.id.text.hasPrefix("h\(number).") }
            return !live
        }
    }

    func request(_ number: Int, _ announced: Int, _ act: Classify.Act?) throws -> JobRequest {
        var request = try JobRequest(Classify(item: number, announced: announced, act: act))
        request.id = JobID(known: Item.id(number, announced))
        let basis = Unique.Basis.key(Item(number: number).fingerprint)
        request.unique = stage.asOriginal ? .untilStarted(by: basis) : .whileLive(by: basis)
        request.timeout = .seconds(3600)
        return request
    }

    /// A pause, in which a known number of jobs comes in and nothing ends, but perhaps the one that kills its workers: then once
    /// more.
    func pause() async throws {
        let killer = JobID(known: Item.id(Item.killer.number, Self.first))
        for round in 0..<2 {
            let before = try await stage.inspector.job(killer, in: CrawlStage.queue)?.state == .discarded
            try await pause(round)
            if before { return }
            if try await stage.inspector.job(killer, in: CrawlStage.queue)?.state != .discarded { return }
        }
    }

    private func pause(_ round: Int) async throws {
        try await stage.inspector.pause(CrawlStage.queue, reason: "a look")
        try await stage.until("nothing ran") {
            try await stage.inspector.status(of: CrawlStage.queue).states[.executing] == 0
        }
        // One that could run at once: from then on the oldest only becomes older.
        try await stage.client.enqueue(try request(item(4 + round), 0, nil))
        let before = try await stage.sampler.sample()
        let first = item(1000 * (round + 1))
        let added = try await stage.client.enqueue(try (0..<100).map { try request(first + $0 * 10, 0, nil) }).added
        try await Task.sleep(for: .milliseconds(50))
        let after = try await stage.sampler.sample()
        stage.evidence.pause = Evidence.PauseTrial(added: added, before: before, after: after)
        try await mark(items: first + 2000)
        try await stage.inspector.resume(CrawlStage.queue)
    }

    /// How long a batch of jobs takes that need nothing, from a standing start: the best of some, for whatever else goes on on the
    /// machine makes it longer, never shorter.
    func batch(_ round: Int) async throws -> Duration {
        var best = Duration.seconds(3600)
        for turn in 0..<Self.turns { best = min(best, try await batch(at: round * Self.turns + turn)) }
        return best
    }

    private static let turns = 5

    private func batch(at place: Int) async throws -> Duration {
        let count = stage.scale.batch
        let first = item(10_000 + count * place)
        try await stage.inspector.pause(CrawlStage.queue, reason: "a batch")
        try await stage.client.enqueue(try (0..<count).map { try request(first + $0 * 10, 0, nil) })
        let started = ContinuousClock.now
        try await stage.inspector.resume(CrawlStage.queue)
        let key = stage.inspector.store.keys.base(CrawlStage.queue) + ":wait:"
        try await stage.until("the batch was taken", every: .milliseconds(2)) {
            try await stage.inspector.store.send(["ZCARD", key], key: key).root.integer == 0
        }
        return ContinuousClock.now - started
    }
}
