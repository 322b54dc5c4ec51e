import SluiceStore
import Testing

/// One text for each host, however a URL writes it, so that limits of a host cannot be gone round.
@Suite(.timeLimit(.minutes(10)))
struct HostTests {
    @Test(arguments: [
        ("example.com", ["example.com", "EXAMPLE.com:80", "example.com.", "example.com..", "ex%61mple.com", "%65xample%2Ecom."]),
        (
            "127.0.0.1",
            [
                "127.0.0.1", "127.1", "127.0.1:99", "2130706433", "0x7f.1", "0x7F000001", "017700000001", "0177.0.0.01",
                "127.0.0.1.",
                "[::ffff:127.0.0.1]", "[::FFFF:7f00:1]",
            ]
        ),
        ("[::1]", ["[::1]", "[0:0:0:0:0:0:0:1]:80", "[0::1]"]), ("[2001:db8::1]", ["[2001:DB8::1]", "[2001:0db8:0:0:0:0:0:1]"]),
        ("[::]", ["[::]", "[0:0:0:0:0:0:0:0]"]), ("[1::]", ["[1::]", "[1:0:0:0::]"]),
        ("[1:0:0:2::3]", ["[1:0:0:2:0:0:0:3]"]), ("xn--mnchen-3ya.de", ["xn--mnchen-3ya.de", "XN--MNCHEN-3YA.DE"]),
        ("256.1.1.1", ["256.1.1.1"]), ("1.2.3.4.5", ["1.2.3.4.5"]), ("08.1.1.1", ["08.1.1.1"]), ("a%20b", ["a%20b"]),
        ("%0a", ["%0A"]), ("[fe80::1%25eth0]", ["[fe80::1%25eth0]"]),
    ])
    func aHostHasOneText(text: String, written: [String]) async throws {
        let queue = try await LuaQueue()
        let worker = try await queue.worker()
        for (number, host) in written.enumerated() {
            let (id, options) = ("a\(number)", #"{"notify":{"url":"https://\#(host)/h"}}"#)
            #expect(try await queue.fcall(["sluice_enqueue", id, #"{"kind":"k"}"#, options]) == "[added \(id)]")
            let messages = try await queue.end(id, worker)
            guard case .notices(_, _, let notices)? = messages.first?.event else {
                Issue.record("\(host): \(messages)")
                continue
            }
            #expect(notices.map(\.host) == [text], "\(host)")
        }
    }
}
