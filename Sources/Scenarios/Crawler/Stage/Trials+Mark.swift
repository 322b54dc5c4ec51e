import ScenarioSupport
import Sluice
import SluiceCore
import SluiceInspector

extension Trials {
    private static let room = 40
    private static let sent = 100

    /// An operator lets no more than a few more jobs wait; many come at the same time, and again those that were refused when the
    /// mark is gone. In a pause: what waits is what was let in.
    func mark(items first: Int) async throws {
        let requests = try (0..<Self.sent).map { try request(first + $0 * 10, 0, nil) }
        let before = try await stage.inspector.status(of: CrawlStage.queue).waiting
        try await stage.inspector.override("depth", to: "\(before + Self.room)", in: CrawlStage.queue)
        var replies: [Reply]
        do {
            replies = try await send(requests)
        } catch {
            try await stage.inspector.restore("depth", in: CrawlStage.queue)
            throw error
        }
        try await stage.inspector.restore("depth", in: CrawlStage.queue)
        let refused = replies.filter(\.isRefused)
        let later = try await send(refused.map(\.request)).count(where: \.isNew)
        stage.evidence.mark = Evidence.MarkTrial(
            mark: before + Self.room, waiting: before, sent: replies.count, admitted: replies.count(where: \.isNew),
            refused: refused.count, advised: refused.count { $0.retryAfter ?? .zero > .zero }, later: later)
        stage.say("a mark refused \(refused.count) of \(replies.count) jobs")
    }

    private struct Reply: Sendable {
        var request: JobRequest
        var isNew = false
        var isRefused = false
        var retryAfter: Duration?
    }

    /// All at once.
    private func send(_ requests: [JobRequest]) async throws -> [Reply] {
        let client = stage.client
        return try await withThrowingTaskGroup(of: Reply.self) { group in
            for request in requests {
                group.addTask {
                    do throws(SluiceError) {
                        return Reply(request: request, isNew: try await client.enqueue(request).isNew)
                    } catch {
                        guard error.code == .queueFull else { throw error }
                        return Reply(request: request, isRefused: true, retryAfter: error.retryAfter)
                    }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }
}
