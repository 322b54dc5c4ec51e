import Hummingbird
import ServiceLifecycle
import SluiceCore
import SluiceInspector

/// Waits until the jobs of a queue are done, by a long poll. It changes nothing: workers drain the queue.
enum DrainWait {
    /// The most such waits of a site: each looks at Redis four times a second.
    static let most = 100
    /// The longest wait, in seconds.
    static let longest = 60

    static func answer(_ request: APIRequest) async throws -> Response {
        let wait = try request.integer("wait", 0...longest) ?? 0
        let scope = try request.word("jobs", DrainScope.self) ?? .ready
        let queue = try await request.usedQueue()
        let inspector = request.inspector
        let status = try await inspector.status(of: queue)
        if scope.isStoppedByPause, let pause = status.pause {
            let reason = pause.reason.isEmpty ? "" : " (\(HumanText.visible(pause.reason)))"
            throw Problem(
                .conflict, "paused",
                "the queue is paused\(reason), so its jobs do not start: resume it, or wait for what runs with jobs=running")
        }
        let left = scope.count(status)
        if left == 0 || wait == 0 { return answer(queue, left: left) }
        guard let ticket = request.site.drains.begin() else {
            throw Problem(.serviceUnavailable, "busy", "too many requests wait for queues to drain", retryAfter: 5)
        }
        let rest = try await cancelWhenGracefulShutdown { () async throws -> Int in
            var rest = left
            _ = try await inspector.drain(queue, of: scope.states, timeout: .seconds(wait)) { rest = scope.count($0) }
            return rest
        }
        withExtendedLifetime(ticket) {}
        return answer(queue, left: rest)
    }

    private static func answer(_ queue: QueueName, left: Int) -> Response {
        APIResponse.json(
            ["queue": .string(queue.text), "drained": .bool(left == 0), "left": .integer(left)],
            status: left == 0 ? .ok : .accepted)
    }
}
