import ScenarioSupport
import Sluice
import SluiceInspector
import SluiceStore

/// When everything has been announced: all of it ends, and what is gone can be announced again.
struct Ending {
    let stage: CrawlStage

    func play() async throws {
        let (from, calls) = (RunLine.now(), stage.api.calls.count)
        try await untilNothingLives()
        let own = stage.api.calls(from: calls).filter { $0.key == Scale.ownKey }
        let hung = Dictionary(grouping: own.filter { $0.status == 0 }, by: \.id).values.map(\.count).max() ?? 0
        stage.evidence.drain = Evidence.Drain(from: from, to: own.last?.time ?? from, calls: own.count, hung: hung)
        try await again()
        try await untilNothingLives()
        try await stage.audit()
    }

    private func untilNothingLives() async throws {
        try await stage.until("everything had ended", every: .milliseconds(50)) {
            try await stage.inspector.status(of: CrawlStage.queue).states.allSatisfy { $0.key.isEnded || $0.value == 0 }
        }
    }

    /// One fingerprint for each way in which a job can go.
    private func again() async throws {
        let number = stage.scale.items + 9_000_000
        try await end(number, "cancelled") { [inspector = stage.inspector] id in
            try await inspector.change(.cancel, ids: [id], in: CrawlStage.queue)
        }
        try await end(number + 10, "deleted") { [inspector = stage.inspector] id in
            try await inspector.change(.delete, ids: [id], in: CrawlStage.queue)
        }
        try await discard(number + 20)
        // Completed long ago, and not kept any more; dead of killing its workers, and since then perhaps completed; purged.
        try await announce("pruned", Item(number: 0).fingerprint, try Item(number: 0).request(announced: .max))
        try await announce("crashed", Item.killer.fingerprint, try Item.killer.request(announced: .max))
        let last = stage.scale.bulk - 1
        try await announce("purged", "r\(last)", try JobRequest(Rescan(item: last, source: "dht")))
    }

    private func end(_ number: Int, _ ending: String, _ end: (JobID) async throws -> Void) async throws {
        var request = try Item(number: number).request(announced: 0)
        request.due = .after(.seconds(86_400))
        let id = try await stage.client.enqueue(request).id
        try await end(id)
        try await announce(ending, Item(number: number).fingerprint, try Item(number: number).request(announced: 1))
    }

    private func discard(_ number: Int) async throws {
        var request = try JobRequest(kind: Classify.kind, queue: CrawlStage.queue, arguments: "{}")
        request.maxAttempts = 1
        request.unique = .whileLive(by: .key(Item(number: number).fingerprint))
        request.id = JobID(known: Item.id(number, 0))
        let id = try await stage.client.enqueue(request).id
        try await stage.until("\(id) was discarded") {
            try await stage.inspector.job(id, in: CrawlStage.queue)?.state == .discarded
        }
        try await announce("discarded", Item(number: number).fingerprint, try Item(number: number).request(announced: 1))
    }

    private func announce(_ ending: String, _ fingerprint: String, _ request: JobRequest) async throws {
        var request = request
        request.unique = .whileLive(by: .key(fingerprint))
        let isNew = try await stage.client.enqueue(request).isNew
        stage.evidence.again.append(Evidence.Again(ending: ending, isNew: isNew))
    }
}
