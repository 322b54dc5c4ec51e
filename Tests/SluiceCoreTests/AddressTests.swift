import SluiceCore
import Testing

@Suite struct AddressTests {
    @Test func textsOfAddresses() {
        for text in ["127.0.0.1", "::1", "2001:db8::1", "fe80::1"] { #expect(IPAddress(text)?.description == text) }
        for text in ["", "1.2.3", "0x7f.1", "127.1", "fe80::1%eth0", "[::1]", "2130706433", "1.2.3.4 ", "unknown"] {
            #expect(IPAddress(text) == nil, "\(text)")
        }
    }

    @Test func otherSpellingsOfTheSystem() {
        for text in ["127.0.0.1", "127.0.0.1.", "127.1", "0x7f.1", "2130706433"] {
            #expect(IPAddress(written: text) == IPAddress("127.0.0.1"), "\(text)")
        }
        for text in ["", "host", "fe80::1%eth0", "[::1]"] { #expect(IPAddress(written: text) == nil, "\(text)") }
    }

    @Test(arguments: [
        ("::ffff:1.2.3.4", "1.2.3.4"), ("::ffff:102:304", "1.2.3.4"), ("1.2.3.4", "1.2.3.4"), ("::1", "::1"),
        ("fd00::ffff:102:304", "fd00::ffff:102:304"), ("64:ff9b::102:304", "64:ff9b::102:304"),
    ]) func aMappedAddressStandsForAnother(text: String, other: String) throws {
        #expect(try #require(IPAddress(text)).unmapped.description == other)
    }

    @Test(arguments: [
        ("127.0.0.1", "127.0.0.1", true), ("127.0.0.1/32", "127.0.0.2", false), ("10.0.0.0/8", "10.255.1.2", true),
        ("10.0.0.0/8", "11.0.0.1", false), ("10.1.2.128/25", "10.1.2.200", true), ("10.1.2.128/25", "10.1.2.100", false),
        ("0.0.0.0/0", "192.0.2.7", true), ("0.0.0.0/0", "::1", false), ("fd00::/8", "fd12::1", true),
        ("fd00::/8", "fe80::1", false), ("::1", "::1", true), ("::/0", "1.2.3.4", false),
        ("127.0.0.0/8", "::ffff:127.0.0.1", false), ("::ffff:0:0/96", "::ffff:127.0.0.1", true),
    ]) func aRangeHoldsAddresses(range: String, address: String, isIn: Bool) throws {
        #expect(try AddressRange(range).contains(try #require(IPAddress(address))) == isIn)
    }

    @Test(arguments: [
        "", "host", "localhost", "1", "10.0.0", "10.0.0/8", "1.2.3.4.5", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1",
        "10.0.0.0/8/8", "fd00::/129", "fe80::%eth0/64", "[::1]",
    ]) func whatIsNoRangeIsRefused(text: String) {
        #expect(AddressRange(reading: text) == nil)
        let error = #expect(throws: SluiceError.self) { try AddressRange(text) }
        #expect(error?.code == .invalidArgument)
    }

    @Test func textsOfRanges() throws {
        #expect(AddressRange.all.map(\.description) == ["0.0.0.0/0", "::/0"])
        #expect(try AddressRange("10.1.0.0/16").description == "10.1.0.0/16")
        #expect(try AddressRange("::1").description == "::1/128")
    }
}
