import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// Posts JSON, and tries nothing again: that is for the queue.
struct Caller: Sendable {
    /// There was no answer: the connection was refused or cut, or nothing came in time.
    struct NoAnswer: Error, CustomStringConvertible { var description: String }

    struct Answer: Sendable {
        var status: Int
        var body: Data
        var retryAfter: Duration?

        /// What it says, if that can be read.
        func json<Value: Decodable>(_ type: Value.Type) throws -> Value { try JSONDecoder().decode(type, from: body) }
    }

    var timeout = Duration.seconds(1)

    /// One for the whole process, which it ends with.
    private static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    func post(_ url: String, _ value: some Encodable) async throws -> Answer {
        try await post(url, bytes: Array(JSONEncoder().encode(value)))
    }

    /// Posts what pretends to be signed.
    func forge(_ url: String, _ value: some Encodable) async throws -> Answer {
        let headers = [("Sluice-Id", "x:1"), ("Sluice-Timestamp", "1"), ("Sluice-Signature", "v1=00")]
        return try await post(url, bytes: Array(JSONEncoder().encode(value)), headers: headers)
    }

    func post(_ url: String, bytes: [UInt8], headers: [(String, String)] = []) async throws -> Answer {
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers.add(contentsOf: HTTPHeaders(headers))
        request.body = .bytes(bytes, length: .known(Int64(bytes.count)))
        do {
            let response = try await Self.client.execute(request, timeout: .nanoseconds(Int64(timeout / .nanoseconds(1))))
            let body = try await response.body.collect(upTo: 1 << 20)
            let seconds = response.headers.first(name: "retry-after").flatMap { Int($0) }
            return Answer(
                status: Int(response.status.code), body: Data(body.readableBytesView), retryAfter: seconds.map { .seconds($0) })
        } catch {
            // However it was cut off, unless it was given up here.
            try Task.checkCancellation()
            throw NoAnswer(description: "\(error)")
        }
    }
}
