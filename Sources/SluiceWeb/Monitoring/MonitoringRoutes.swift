import HTTPTypes
import Hummingbird
import NIOCore
import SluiceCore
import SluiceInspector
import SluicePrometheus

/// Pages for programs: metrics, and how many workers a queue wants.
enum MonitoringRoutes {
    static let routes: [Route] = [
        Route(method: .get, path: "metrics", role: .viewer, takesTokens: true) { request in await metrics(request.site) },
        Route(method: .get, path: "scale", role: .viewer, takesTokens: true) { request in try await scale(request) },
    ]

    private static func metrics(_ site: Site) async -> Response {
        let begin = ContinuousClock.now
        let snapshot = try? await site.watcher.snapshot()
        var server: ServerStatus?
        if snapshot != nil { server = try? await site.inspector.server() }
        let seconds = (ContinuousClock.now - begin).seconds
        let text = snapshot.map { QueueMetrics.text($0, server, took: seconds) } ?? QueueMetrics.down(took: seconds)
        return response(PrometheusMetrics.contentType, text)
    }

    /// What an autoscaler asks: how many workers a queue wants. `places` is the number of jobs that one worker runs at a time.
    private static func scale(_ request: WebRequest) async throws -> Response {
        guard let text = request.query["queue"], let name = try? QueueName(text) else {
            throw WebError(.badRequest, "A queue is needed", "Ask for /scale?queue=NAME&places=N.")
        }
        guard let places = Int(request.query["places"] ?? "1"), (1...100_000).contains(places) else {
            throw WebError(
                .badRequest, "This is not a number of places", "places is 1 to 100000: the jobs that one worker runs at a time.")
        }
        guard let queue = try await request.site.watcher.snapshot().queue(name) else {
            throw WebError.notFound("The queue \(name)", "No client and no worker has used it.")
        }
        let status = queue.status
        let wanted = status.pause == nil ? (status.available + status.executing + places - 1) / places : 0
        let answer: JSONValue = [
            "queue": .string(name.text), "waiting": .integer(status.available), "executing": .integer(status.executing),
            "oldest_seconds": .number(status.oldestAvailable.seconds), "workers": .integer(status.workers),
            "paused": .bool(status.pause != nil), "wanted_workers": .integer(wanted),
        ]
        return response("application/json", String(decoding: answer.encoded(), as: UTF8.self) + "\n")
    }

    static func response(_ type: String, _ text: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: type], body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}
