import Hummingbird
import NIOCore
import ServiceLifecycle
import Sluice
import SluiceCore
import SluiceInspector
import SluiceStore

/// Waits for the end of a job, by a long poll or an event stream.
enum ResultWait {
    /// How often a stream gives a sign of life.
    private static let pulse = Duration.seconds(15)

    static func answer(_ request: APIRequest) async throws -> Response {
        let job = try await request.job()
        if request.takesEvents {
            let wait = try request.integer("wait", 0...JobRoutes.longestStream) ?? JobRoutes.longestStream
            return try stream(job, request, for: .seconds(wait))
        }
        let wait = try request.integer("wait", 0...JobRoutes.longestWait) ?? 0
        if job.state.isEnded || wait == 0 { return answer(job) }
        let ticket = try begin(request)
        let hasEnded = try await end(of: job, within: .seconds(wait), request)
        withExtendedLifetime(ticket) {}
        return answer(hasEnded ? try await request.job() : job)
    }

    private static func answer(_ job: JobDetails) -> Response {
        APIResponse.json(json(job), status: job.state.isEnded ? .ok : .accepted)
    }

    private static func json(_ job: JobDetails) -> JSONValue {
        let hasFailed = job.state == .cancelled || job.state == .discarded
        return [
            "queue": .string(job.queue.text), "id": .string(job.id.text), "state": .string(job.state.rawValue),
            "result": job.result.map { JSONValue(text: Array($0.utf8)) } ?? .null,
            "error": JSONValue(hasFailed ? job.failures.last?.message : nil), "ended_at": JSONValue(time: job.endedAt),
        ]
    }

    private static func begin(_ request: APIRequest) throws -> Waits.Ticket {
        if let ticket = request.site.waits.begin() { return ticket }
        throw Problem(.serviceUnavailable, "busy", "too many requests wait for results", retryAfter: 5)
    }

    /// Whether a job ends within a time. Redis tells the client when it does; nothing is polled.
    private static func end(of job: JobDetails, within wait: Duration, _ request: APIRequest) async throws -> Bool {
        let client = try request.client()
        do {
            let standing = try await cancelWhenGracefulShutdown {
                try await client.end(of: JobHandle(job.id, in: job.queue), timeout: wait)
            }
            if case .underWay = standing { return false }
            return true
        } catch let error as SluiceError where error.code == .timedOut {
            return false
        }
    }

    /// One event, `result` or `timeout`, whose data is what the long poll answers; comments keep proxies from closing the stream.
    private static func stream(_ job: JobDetails, _ request: APIRequest, for wait: Duration) throws -> Response {
        let ticket = try begin(request)
        return Response(
            status: .ok, headers: ServerEvent.headers,
            body: ResponseBody { writer in
                defer { withExtendedLifetime(ticket) {} }
                let deadline = ContinuousClock.now + wait
                var (last, hasEnded) = (job, job.state.isEnded)
                do {
                    while !hasEnded, ContinuousClock.now < deadline {
                        try await writer.write(ByteBuffer(string: ": waiting\n\n"))
                        hasEnded = try await end(of: job, within: min(pulse, deadline - ContinuousClock.now), request)
                    }
                    if hasEnded { last = try await request.job() }
                    try await writer.write(ServerEvent.text(last.state.isEnded ? "result" : "timeout", json(last)))
                } catch let error as SluiceError {
                    try await writer.write(ServerEvent.text("problem", Problem(error).json))
                } catch let error as Problem {
                    try await writer.write(ServerEvent.text("problem", error.json))
                } catch is CancellationError {
                    // The server stops: the client connects again, to another one.
                }
                try await writer.finish(nil)
            })
    }
}
