import HTTPTypes
import Hummingbird
import NIOCore
import SluiceInspector
import Testing

@testable import SluiceWeb

/// A proxy that tells who asks.
@Suite(.timeLimit(.minutes(5)))
struct ProxyAccessTests {
    @Test(arguments: ["", "localhost", "10.0.0.0/33", "10.0.0/8", "fd00::/129"])
    func whatIsNoRangeIsRefused(text: String) {
        let error = #expect(throws: TrustedProxy.Invalid.self) {
            try TrustedProxy(header: "X-Remote-User", from: ["127.0.0.1", text], role: .viewer)
        }
        #expect(error?.description.hasPrefix("'\(text)' is no range of addresses") == true)
    }

    @Test func aProxyHasAHeaderAndAddresses() {
        for (header, ranges, words) in [("X User", ["127.0.0.1"], "no name of a header"), ("X-User", [], "none was named")] {
            let error = #expect(throws: TrustedProxy.Invalid.self) {
                try TrustedProxy(header: header, from: ranges, role: .viewer)
            }
            #expect(error?.description.contains(words) == true)
        }
    }

    private func request(_ users: String...) throws -> Request {
        var fields = HTTPFields()
        for user in users { fields.append(HTTPField(name: try #require(HTTPField.Name("X-Remote-User")), value: user)) }
        return Request(
            head: HTTPRequest(method: .get, scheme: "http", authority: "ops.example", path: "/", headerFields: fields),
            body: RequestBody(buffer: ByteBuffer()))
    }

    @Test func theHeaderCountsFromTheProxyAlone() async throws {
        let proxy = try TrustedProxy(header: "X-Remote-User", from: ["127.0.0.1", "10.1.0.0/16"], role: .operator)
        let dashboard = try await WebFixture(access: .proxy(proxy)).dashboard
        let ada = Principal(name: "ada@ops", role: .operator)
        for address in ["127.0.0.1", "10.1.9.9", "::ffff:10.1.0.1"] {
            #expect(try await dashboard.principal(of: request("ada@ops"), from: address) == ada)
        }
        for address in ["127.0.0.2", "10.2.0.1", "::1", "::ffff:10.2.0.1", "unknown", ""] {
            #expect(try await dashboard.principal(of: request("ada@ops"), from: address) == nil)
        }
        for users in [[], [""], ["a b"], ["<b>"], [String(repeating: "a", count: 65)]] as [[String]] {
            let unnamed = if let user = users.first { try request(user) } else { try request() }
            #expect(await dashboard.principal(of: unnamed, from: "127.0.0.1") == nil)
        }
        #expect(try await dashboard.principal(of: request("ada", "bob"), from: "127.0.0.1") == nil)
    }

    /// Without the address of the client nobody can be told from the proxy.
    @Test func aServerThatKnowsNoAddressesRefuses() async throws {
        let proxy = try TrustedProxy(header: "X-Remote-User", from: ["0.0.0.0/0"], role: .admin)
        let fixture = try await WebFixture(access: .proxy(proxy))
        let headers: HTTPFields = [try #require(HTTPField.Name("X-Remote-User")): "ada"]
        for path in ["/", "/tokens", "/nothing", "/api/v1/queues"] {
            #expect(try await fixture.get(path, headers).status == 401, "\(path)")
        }
    }
}
