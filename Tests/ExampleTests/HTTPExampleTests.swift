import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Subprocess
import TestSupport
import Testing

/// `example-http` takes jobs over HTTP, runs them, and tells their results.
@Suite(.timeLimit(.minutes(10)))
struct HTTPExampleTests {
    private struct Answer: Equatable {
        var status: UInt
        var text: String
    }

    private func call(_ method: HTTPMethod, _ url: String, _ body: String = "") async throws -> Answer {
        var request = HTTPClientRequest(url: url)
        request.method = method
        if !body.isEmpty { request.body = .bytes(ByteBuffer(string: body)) }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(60))
        let text = String(buffer: try await response.body.collect(upTo: 65_536))
        return Answer(status: response.status.code, text: text.trimmingCharacters(in: .newlines))
    }

    @Test func aGreetingIsEnqueuedAndAnswered() async throws {
        let program = try await Program("example-http")
        let file = Program.newFile()
        defer { try? FileManager.default.removeItem(at: file) }
        let status = try await program.run(environment: ["PORT": "0"], output: file) {
            let base = try await eventually("the endpoint") {
                let line = try String(contentsOf: file, encoding: .utf8)
                return line.firstMatch(of: /listening on (http:[^\n]+)\n/).map { String($0.1) }
            }
            let posted = try await call(.POST, base + "/greetings", "Ada\n")
            #expect(posted.status == 202)
            let result = try await call(.GET, base + "/greetings/\(posted.text)")
            #expect(result == Answer(status: 200, text: "Hello, Ada"))
            #expect(try await call(.GET, base + "/greetings/nothing").status == 404)
            let long = String(repeating: "x", count: 129)
            #expect(try await call(.GET, base + "/greetings/\(long)").status == 400)
            #expect(try await call(.POST, base + "/greetings").status == 400)
            #expect(try await call(.POST, base + "/other", "Ada").status == 404)
        }
        #expect(status == .exited(0))
    }
}
