import SluiceCore
import Testing

@Suite struct PartitionsTests {
    @Test(
        arguments: [
            ([:], ""), (["a": "1"], "a=1"), (["b": "2", "a": "1"], "a=1&b=2"), (["host": "a.b"], "host=a.b"),
            (["k": "x y&z=%"], "k=x%20y%26z%3D%25"), (["k": "ü"], "k=%C3%BC"), (["k": ""], "k="),
        ] as [([String: String], String)])
    func lane(values: [String: String], lane: String) throws {
        #expect(try Partitions(values).lane() == lane)
    }

    @Test func longValuesStandForThemselvesByADigest() throws {
        let long = String(repeating: "x", count: 64)
        #expect(try Partitions(["k": long]).lane() == "k=" + long)
        let digest = try Partitions(["k": long + "x"]).lane()
        #expect(digest.hasPrefix("k=~") && digest.utf8.count == 19)
        #expect(try Partitions(["k": long + "y"]).lane() != digest)
    }

    @Test func moreThanRedisTakesIsRefused() throws {
        let values = Dictionary(uniqueKeysWithValues: (10..<30).map { ("name\($0)", String(repeating: "v", count: 60)) })
        let error = #expect(throws: SluiceError.self) { try Partitions(values).lane() }
        #expect(error?.code == .invalidArgument)
    }

    @Test(arguments: ["", "a b", "a=b", "ä", String(repeating: "n", count: 33)])
    func badNamesAreRefused(name: String) {
        let error = #expect(throws: SluiceError.self) { try Partitions([name: "1"]).lane() }
        #expect(error?.code == .invalidArgument)
    }
}
