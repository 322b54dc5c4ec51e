import SluiceCore
import Testing

@testable import SluiceWebhooks

struct AddressRulesTests {
    @Test(arguments: [
        "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.254",
        "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1",
        "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.1.2.3", "240.0.0.1", "255.255.255.255",
        "::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::8.8.8.8", "64:ff9b::a00:1", "64:ff9b:1::1", "100::1", "fc00::1",
        "fd12:3456::1", "fe80::1", "fec0::1", "ff02::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "3fff::1", "5f00::1",
    ])
    func isRefused(_ text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(!AddressRules(allowed: []).allows(address))
        #expect(AddressRules(allowed: AddressRange.all).allows(address))
    }

    @Test(arguments: [
        "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.1",
        "172.15.255.255", "172.32.0.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255",
        "2606:4700::1111", "2a00::1", "2001:4860:4860::8888", "2003::1",
    ])
    func isAllowed(_ text: String) throws {
        #expect(AddressRules(allowed: []).allows(try #require(IPAddress(text))))
    }

    @Test func exceptionsAreExact() throws {
        let rules = AddressRules(allowed: [
            try AddressRange("10.1.0.0/20"), try AddressRange("fd00::/9"), try AddressRange("::1"),
        ])
        for (text, isAllowed) in [
            ("10.1.0.1", true), ("10.1.15.255", true), ("10.1.16.0", false), ("10.2.0.0", false), ("fd7f::1", true),
            ("fd80::1", false), ("::1", true), ("::2", false), ("127.0.0.1", false), ("::ffff:10.1.0.1", false),
        ] {
            #expect(rules.allows(try #require(IPAddress(text))) == isAllowed, "\(text)")
        }
    }
}
