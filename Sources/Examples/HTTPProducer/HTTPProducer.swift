// A producer behind plain HTTP, and its worker in the same process.
//
//     swift run example-http
//     curl -d Ada http://127.0.0.1:8080/greetings           202 and the id of the job
//     curl http://127.0.0.1:8080/greetings/ID               200 and the result, as soon as it is there
//
// SLUICE_REDIS_URL names the Redis, PORT the port. Ctrl-C stops it in order: the endpoint first, then the worker.

import Foundation
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import ServiceLifecycle
import Sluice
import SluiceWorker
import UnixSignals

struct Greet: Job {
    static let kind = "greet"
    static let options = JobOptions(queue: "greetings", maxAttempts: 5, keepsResult: true)
    typealias Output = String
    var name: String
}

@main
struct HTTPProducer {
    static func main() async throws {
        let environment = ProcessInfo.processInfo.environment
        let sluice = try await SluiceClient(.url(environment["SLUICE_REDIS_URL"] ?? "redis://127.0.0.1:6379"))
        let worker = Worker(sluice, queues: [Queue("greetings", concurrency: 10)])
        worker.handle(Greet.self) { job, _ in "Hello, \(job.name)" }
        let endpoint = Endpoint(sluice: sluice, port: environment["PORT"].flatMap { Int($0) } ?? 8080)
        let services = [sluice, worker, endpoint] as [any Service]
        let logger = Logger(label: "example-http")
        try await ServiceGroup(services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger).run()
    }
}

/// `POST /greetings` enqueues; `GET /greetings/ID` waits for the result.
struct Endpoint: Service {
    typealias Connection = NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>

    let sluice: SluiceClient
    let port: Int

    func run() async throws {
        let listening = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .bind(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    return try Connection(wrappingChannelSynchronously: channel)
                }
            }
        let line = "listening on http://127.0.0.1:\(listening.channel.localAddress?.port ?? port)\n"
        FileHandle.standardOutput.write(Data(line.utf8))
        do {
            try await cancelWhenGracefulShutdown {
                try await listening.executeThenClose { connections in
                    try await withThrowingDiscardingTaskGroup { group in
                        // A connection that breaks is no matter of the others.
                        for try await connection in connections { group.addTask { try? await serve(connection) } }
                    }
                }
            }
        } catch is CancellationError {}
    }

    private func serve(_ connection: Connection) async throws {
        try await connection.executeThenClose { inbound, outbound in
            var (method, path, body) = (HTTPMethod.GET, "", "")
            for try await part in inbound {
                switch part {
                case .head(let head): (method, path, body) = (head.method, head.uri, "")
                case .body(let bytes):
                    body += String(buffer: bytes)
                    if body.utf8.count > 1024 { return }
                case .end:
                    let (status, text) = await answer(method, path, body)
                    let bytes = ByteBuffer(string: text + "\n")
                    let headers: HTTPHeaders = ["content-length": "\(bytes.readableBytes)"]
                    try await outbound.write(.head(HTTPResponseHead(version: .http1_1, status: status, headers: headers)))
                    try await outbound.write(.body(.byteBuffer(bytes)))
                    try await outbound.write(.end(nil))
                }
            }
        }
    }

    private func answer(_ method: HTTPMethod, _ path: String, _ body: String) async -> (HTTPResponseStatus, String) {
        let words = path.split(separator: "/")
        guard words.first == "greetings" else { return (.notFound, "there is only /greetings") }
        do {
            switch (method, words.count) {
            case (.POST, 1):
                let name = body.trimmingCharacters(in: .whitespacesAndNewlines)
                if name.isEmpty { return (.badRequest, "the body is the name to greet") }
                return (.accepted, "\(try await sluice.enqueue(Greet(name: name)).id)")
            case (.GET, 2):
                let greeting = Enqueued(Greet.self, id: try JobID(String(words[1])))
                return (.ok, try await sluice.result(of: greeting, timeout: .seconds(10)))
            default: return (.methodNotAllowed, "POST /greetings, or GET /greetings/ID")
            }
        } catch let error as SluiceError {
            switch error.code {
            case .jobUnknown: return (.notFound, error.message)
            case .timedOut: return (.accepted, "not done yet: ask again")
            default: return (error.isTransient ? .serviceUnavailable : .badRequest, error.message)
            }
        } catch {
            return (.internalServerError, "\(error)")
        }
    }
}
