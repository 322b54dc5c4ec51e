import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Testing

@testable import SluiceWeb

/// Asks a built server as a browser does, without following redirects.
struct Visitor {
    struct Answer: Equatable {
        var status: UInt
        var location: String?
        /// What the page says in its title.
        var title: String?
    }

    private let client: HTTPClient
    private var cookie = ""

    private init(client: HTTPClient) { self.client = client }

    /// Makes a visitor for the time of `body`.
    static func visiting(_ body: (inout Visitor) async throws -> Void) async throws {
        let configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        var visitor = Visitor(client: client)
        do {
            try await body(&visitor)
        } catch {
            try await client.shutdown()
            throw error
        }
        try await client.shutdown()
    }

    /// Logs in as `operator`.
    mutating func logIn(_ url: String) async throws {
        let (answer, cookie) = try await submit("\(url)/login", [("name", "operator"), ("password", "secret-operator")])
        #expect(answer.status == 303)
        self.cookie = String(try #require(cookie).prefix { $0 != ";" })
    }

    func get(_ url: String) async throws -> Answer { try await read(url).answer }

    /// Asks for a page, and returns its markup as well.
    func read(_ url: String) async throws -> (answer: Answer, text: String) {
        var request = HTTPClientRequest(url: url)
        request.headers.add(name: "Cookie", value: cookie)
        let response = try await client.execute(request, timeout: .seconds(60))
        let text = String(buffer: try await response.body.collect(upTo: 1 << 20))
        for word in ["Swift", "Error Domain", "Hiredis", ".swift:"] { #expect(!text.contains(word), "\(url): \(text)") }
        return (Self.answer(response, text), text)
    }

    /// Sends a form.
    func post(_ url: String, _ fields: [(String, String)]) async throws -> Answer { try await submit(url, fields).answer }

    /// Waits until a page is as it should be. Each look is a request, which is what lets time pass.
    func wait(_ url: String, until isRight: (Answer) -> Bool) async throws -> Answer {
        try await wait(reading: url) { answer, _ in isRight(answer) }.answer
    }

    /// The same, with the markup.
    func wait(
        reading url: String, until isRight: (Answer, String) -> Bool
    ) async throws -> (answer: Answer, text: String) {
        let end = ContinuousClock.now + .seconds(120)
        while true {
            let (answer, text) = try await read(url)
            if isRight(answer, text) { return (answer, text) }
            try #require(ContinuousClock.now < end, "waited in vain: \(answer)")
        }
    }

    private func submit(_ url: String, _ fields: [(String, String)]) async throws -> (answer: Answer, cookie: String?) {
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
        request.headers.add(name: "Cookie", value: cookie)
        let body = fields.map { Links.encoded($0.0) + "=" + Links.encoded($0.1) }.joined(separator: "&")
        request.body = .bytes(ByteBuffer(string: body))
        let response = try await client.execute(request, timeout: .seconds(60))
        let text = String(buffer: try await response.body.collect(upTo: 1 << 20))
        return (Self.answer(response, text), response.headers.first(name: "Set-Cookie"))
    }

    private static func answer(_ response: HTTPClientResponse, _ text: String) -> Answer {
        Answer(
            status: response.status.code, location: response.headers.first(name: "Location"),
            title: text.firstMatch(of: /<h1>([^<]*)<\/h1>/).map { String($0.1) })
    }
}
