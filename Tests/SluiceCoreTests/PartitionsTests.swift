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

    @Test func needsStandBetweenPartitionsByName() throws {
        let partitions: Partitions = ["account": "42", "m": "x"]
        #expect(try partitions.lane(needs: ["tmdb", "imdb?", "b"]) == "account=42&b&imdb?&m=x&tmdb")
        #expect(try Partitions().lane(needs: ["tmdb"]) == "tmdb")
        // By bytes: capital letters first, digits before letters, `-` and `.` before both.
        #expect(try Partitions(["a": "1", "B": "2"]).lane(needs: ["a-b", "a1", "_", "a.b"]) == "B=2&_&a=1&a-b&a.b&a1")
    }

    @Test func aChainIsAPartOfTheLane() throws {
        #expect(try Partitions().lane(chain: Chain("order 7")) == "chain=order%207")
        #expect(try Partitions().lane(chain: Chain("")) == "chain=")
        let partitions: Partitions = ["account": "42", "chains": "x", "host": "y"]
        #expect(try partitions.lane(needs: ["c?", "tmdb"], chain: Chain("7")) == "account=42&c?&chain=7&chains=x&host=y&tmdb")
        #expect(try Partitions(["account": "42"]).lane(chain: Chain("7")) == "account=42&chain=7")
        #expect(try Partitions(["host": "x"]).lane(chain: Chain("7")) == "chain=7&host=x")
    }

    @Test func theNameOfChainsIsTaken() {
        let cases: [(Partitions, [Dependency])] = [(["chain": "7"], []), ([:], ["chain"]), ([:], ["chain?"])]
        for (partitions, needs) in cases {
            for chain in [nil, Chain("7")] {
                let error = #expect(throws: SluiceError.self) { try partitions.lane(needs: needs, chain: chain) }
                #expect(error?.code == .invalidArgument && error?.message.contains("chains") == true)
            }
        }
    }

    @Test func aNameMayAppearOnce() {
        for needs: [Dependency] in [["host"], ["host?"], ["a", "a"], ["a", "a?"], ["a", "b", "a?"]] {
            let error = #expect(throws: SluiceError.self) { try Partitions(["host": "x"]).lane(needs: needs) }
            #expect(error?.code == .invalidArgument)
        }
        for need in ["", "a b", "x??", "ä", "a=b", "a&b"] {
            #expect(throws: SluiceError.self) { try Partitions().lane(needs: [Dependency(text: need)]) }
        }
    }

    @Test func anyBytesAndTenKilobytesMakeAPlainLane() throws {
        let values = [
            String(repeating: "x", count: 10_240), String(repeating: "ü\u{0}\n", count: 2560), "\u{0}", "a\u{0}b", "\u{FFFD}",
            "&=?/%~!",
            "\r\n", "👩‍👩‍👧", "~0123456789ABCDEF",
        ]
        var lanes: Set<String> = []
        for value in values {
            let lane = try Partitions(["k": value]).lane()
            let encoded = String(lane.dropFirst(2))
            #expect(lane.utf8.count <= 66 && PartitionValue.isEncoded(encoded) && PartitionValue.encoded(value) == encoded)
            lanes.insert(lane)
        }
        #expect(lanes.count == values.count)
    }

    @Test func whatIsNotEncodedIsTold() {
        for text in [
            "a b", "%", "%2", "%2g", "%2f", "~", "~0123456789abcdef", "~0123456789ABCDE", "a~", String(repeating: "x", count: 65),
        ] {
            #expect(!PartitionValue.isEncoded(text), "\(text)")
        }
        for text in ["", "a", "%20", "%FF%00", "~0123456789ABCDEF", String(repeating: "x", count: 64)] {
            #expect(PartitionValue.isEncoded(text), "\(text)")
        }
    }

    @Test func twentyPartitionsAreALaneLikeAnyOther() throws {
        let values = Dictionary(uniqueKeysWithValues: (10..<30).map { ("name\($0)", "value \($0)") })
        let lane = try Partitions(values).lane()
        #expect(lane.split(separator: "&").map(String.init) == (10..<30).map { "name\($0)=value%20\($0)" })
    }

    @Test(arguments: ["", "a b", "a=b", "ä", String(repeating: "n", count: 33)])
    func badNamesAreRefused(name: String) {
        let error = #expect(throws: SluiceError.self) { try Partitions([name: "1"]).lane() }
        #expect(error?.code == .invalidArgument)
    }
}
