import Testing

@testable import Hiredis

@Suite struct HashSlotTests {
    @Test func theChecksumIsXMODEM() {
        let bytes = Array("123456789".utf8)
        #expect(bytes.withUnsafeBufferPointer { HashSlot.checksum($0) } == 0x31C3)
    }

    /// The slots are those that CLUSTER KEYSLOT of Redis 7.0.15 gives.
    @Test(arguments: [
        ("123456789", 12_739), ("foo", 12_182), ("", 0), ("{user1000}.following", 3_443), ("{user1000}.followers", 3_443),
        ("foo{}{bar}", 8_363), ("foo{{bar}}zap", 4_015), ("foo{bar}{zap}", 5_061), ("bar", 5_061), ("{bar", 4_015),
        ("ключ{é}", 10_180), ("foo{bar", 15_278), ("}bar{foo}", 12_182),
    ])
    func aKeysTagDecides(key: String, slot: Int) {
        #expect(HashSlot.of(key) == slot)
    }
}
