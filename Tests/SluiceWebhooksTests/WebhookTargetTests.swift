import SluiceCore
import Testing

@testable import SluiceWebhooks

struct WebhookTargetTests {
    @Test(arguments: [
        ("https://a.example/h?x=1", "a.example", 443), ("http://a-b_c.example", "a-b_c.example", 80),
        ("http://127.0.0.1:8080/h", "127.0.0.1", 8080), ("https://[2001:db8::1]:8443/", "2001:db8::1", 8443),
        ("HTTPS://Example.COM/", "Example.COM", 443), ("http://2130706433/", "2130706433", 80), ("http://0x7f.1/", "0x7f.1", 80),
    ])
    func isRead(url: String, host: String, port: Int) throws {
        let target = try WebhookTarget(url)
        #expect(target.host == host && target.port == port && target.url == url)
    }

    @Test(arguments: [
        ("https://Hook.Example./", "hook.example", false), ("https://ho%6Fk.example/", "hook.example", false),
        ("http://2130706433/", "127.0.0.1", true), ("http://0x7f.1/", "127.0.0.1", true),
        ("http://127.0.0.1./", "127.0.0.1", true),
        ("http://[0:0:0:0:0:0:0:1]/", "::1", true), ("http://1.2.3.4.5/", "1.2.3.4.5", false),
    ])
    func hasOneNameHoweverItIsWritten(url: String, name: String, isAddress: Bool) throws {
        let target = try WebhookTarget(url)
        #expect(target.name == name && target.isAddress == isAddress)
    }

    @Test(arguments: [
        "", "a.example", "ftp://a.example/", "file:///etc/passwd", "gopher://a/", "unix:///tmp/x", "http+unix://%2Ftmp%2Fx/",
        "http://", "http:///h", "https://user@a.example/", "https://user:password@a.example/", "https://:p@a.example/",
        "http://a b/", "http://[fe80::1%25eth0]/", "http://exämple.test/", "http://a.example:0/", "http://a.example:70000/",
        "http://a%2eexample/x",
    ])
    func isRefused(_ url: String) {
        // What is read otherwise than it looks is at least named by what will be looked up.
        do {
            let target = try WebhookTarget(url)
            #expect(target.host.allSatisfy { $0.isASCII && $0 != "%" && $0 != "@" }, "\(url) was read as \(target)")
            #expect(url == "http://a%2eexample/x" || url == "http://exämple.test/", "\(url) was taken")
        } catch {
            #expect(!error.description.isEmpty)
        }
    }

    /// Numbers that some resolvers take for addresses are none here: what they resolve to is what is checked.
    @Test func numbersAreNames() async throws {
        for url in ["http://2130706433/", "http://0x7f.1/", "http://127.1/"] {
            let target = try WebhookTarget(url)
            #expect(target.address == nil)
            let rules = AddressRules(allowed: [])
            let addresses = (try? await NameResolver().addresses(of: target)) ?? []
            #expect(!addresses.contains(where: rules.allows), "\(url) leads to \(addresses)")
        }
        #expect(try await NameResolver().addresses(of: WebhookTarget("http://127.0.0.1/")) == [IPAddress("127.0.0.1")])
        #expect(
            try await NameResolver().addresses(of: WebhookTarget("http://localhost/")).contains {
                !AddressRules(allowed: []).allows($0)
            })
    }
}
