import SluiceCore
import Testing

@Suite struct LimitTests {
    @Test func whatCodeDeclaresIsCanonical() throws {
        let limits: [(Limit, String)] = [
            (.concurrency(12), "concurrency 12"), (.concurrency(2, partition: "account"), "concurrency/account 2"),
            (.rate(300, per: .seconds(1)), "rate 300/1000"),
            (.rate(40, per: .seconds(10), partition: "host"), "rate/host 40/10000"),
            (.rate(40, per: .seconds(10), partition: "host", margin: .milliseconds(5)), "rate/host 40/10000/5"),
            (.rate(1, per: .microseconds(1), margin: .nanoseconds(1)), "rate 1/1/1"),
            (.breaker(partition: "tmdb"), "breaker/tmdb 5/30000/20000"),
            (
                .breaker(partition: "a", opensAfter: 2, within: .seconds(1), coolsFor: .milliseconds(1500)),
                "breaker/a 2/1000/1500"
            ),
            (.weight(4, partition: "account", value: "42"), "weight/account=42 4"),
            (.weight(4, partition: "host", value: "a b:80/x=y"), "weight/host=a%20b%3A80%2Fx%3Dy 4"),
            (.concurrency(7, partition: "account=42"), "concurrency/account=42 7"),
            (.concurrency(1_000_000), "concurrency 1000000"),
            (.rate(1_000_000_000, per: .seconds(31 * 86_400)), "rate 1000000000/2678400000"),
        ]
        for (limit, text) in limits { #expect(try limit.checked().description == text) }
    }

    @Test(arguments: [
        .concurrency(0), .concurrency(-1), .concurrency(.min), .concurrency(1_000_001), .concurrency(2, partition: ""),
        .concurrency(2, partition: "a b"), .concurrency(2, partition: "ä"),
        .concurrency(2, partition: String(repeating: "n", count: 33)),
        .concurrency(2, partition: "host=a b"), .concurrency(2, partition: "=a"), .rate(0, per: .seconds(1)),
        .rate(1, per: .zero),
        .rate(1, per: .seconds(-1)), .rate(1, per: .seconds(32 * 86_400)), .rate(1, per: .seconds(Int64.max)),
        .rate(1_000_000_001, per: .seconds(1)), .rate(1, per: .seconds(1), margin: .zero),
        .rate(1, per: .seconds(1), partition: "a/b"), .breaker(partition: "a", opensAfter: 0),
        .breaker(partition: "a", opensAfter: 1001),
        .breaker(partition: "a", within: .zero), .breaker(partition: "a", coolsFor: .seconds(-5)), .breaker(partition: ""),
        .weight(0, partition: "a", value: "1"), .weight(1001, partition: "a", value: "1"),
        .weight(1, partition: "a=b", value: "1/2"), .weight(1, partition: "", value: "1"),
        Limit(name: "concurrency", value: "none"), Limit(name: "speed", value: "1"), Limit(name: "", value: ""),
        Limit(name: "breaker", value: "1/1/1"), Limit(name: "weight", value: "1"), Limit(name: "weight/a", value: "1"),
        Limit(name: "rate", value: "1"), Limit(name: "rate", value: "1/2/3/4"), Limit(name: "concurrency", value: "1.5"),
        Limit(name: "concurrency", value: ""), Limit(name: "rate", value: "1/"), Limit(name: "concurrency/", value: "1"),
    ])
    func whatMakesNoSenseIsRefusedAndNeverATrap(limit: Limit) {
        let error = #expect(throws: SluiceError.self) { try limit.checked() }
        #expect(error?.code == .invalidArgument)
    }

    @Test func aListIsSortedAndHasEachNameOnce() throws {
        let limits: [Limit] = [.rate(1, per: .seconds(1)), .concurrency(1), .concurrency(2, partition: "a")]
        #expect(try limits.checked().map(\.name) == ["concurrency", "concurrency/a", "rate"])
        let error = #expect(throws: SluiceError.self) { try (limits + [.concurrency(5, partition: "a")]).checked() }
        #expect(error?.message.contains("concurrency/a") == true)
    }

    @Test(arguments: [
        ("concurrency=12", "concurrency 12"), ("concurrency=2/account", "concurrency/account 2"),
        ("rate=300/1s", "rate 300/1000"), ("rate=40/10s/host", "rate/host 40/10000"),
        ("rate=40/1h30m/tmdb", "rate/tmdb 40/5400000"), ("rate=1/500ms", "rate 1/500"),
        ("breaker=5/30s/20s/host", "breaker/host 5/30000/20000"), ("weight=4/account=42", "weight/account=42 4"),
        ("concurrency=2/host=a:80/b", "concurrency/host=a%3A80%2Fb 2"),
        ("concurrency=2/host=a%3A80", "concurrency/host=a%3A80 2"),
        ("concurrency=2/host=", "concurrency/host= 2"), ("weight=4/a=x=y", "weight/a=x%3Dy 4"),
    ])
    func theToolsSpelling(text: String, limit: String) throws {
        #expect(try Limit(parsing: text).description == limit)
        #expect(try Limit(parsing: text).checked().description == limit)
    }

    @Test(arguments: [
        "", "=", "concurrency", "concurrency=", "concurrency=x", "concurrency=0", "concurrency=-1", "concurrency=1.5",
        "concurrency=2/", "concurrency=2/a b", "concurrency=99999999999999999999", "rate=300", "rate=300/", "rate=300/0s",
        "rate=0/1s", "rate=300/1", "rate=300/1s/", "rate=300/1s/100ms/host", "rate=300/32d", "rate=none", "concurrency=none",
        "breaker=5/30s", "breaker=5/30s/20s", "breaker=5/30s/20s/", "weight=4", "weight=4/account", "weight=0/account=1",
        "concurrency=2/chain", "rate=1/1s/chain=k", "weight=2/chain=k", "speed=4", "Concurrency=4", " concurrency=4",
        "concurrency= 4", "account=2",
    ])
    func badSpellingsAreRefused(text: String) {
        let error = #expect(throws: SluiceError.self) { try Limit(parsing: text) }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.isEmpty == false)
    }

    @Test func refusalsSayWhatWouldBeRight() {
        for (text, part) in [
            ("rate=300", "300/1s"), ("breaker=5/30s/20s", "breaker/host"), ("weight=4", "weight/account=42"),
            ("concurrency=0", "1 to 1000000"), ("rate=1/0s", "1 ms to 31 days"), ("speed=4", "concurrency=2/account"),
        ] {
            let error = #expect(throws: SluiceError.self) { try Limit(parsing: text) }
            #expect(error?.message.contains(part) == true, "\(error?.message ?? "")")
        }
    }

    @Test(arguments: [
        ("concurrency/host=api.example.com", "2", "concurrency/host=api.example.com", "2"),
        ("rate", "40/10s", "rate", "40/10000"),
        ("rate/host", "40/10s/100ms", "rate/host", "40/10000/100"),
        ("breaker/tmdb", "5/30s/20s", "breaker/tmdb", "5/30000/20000"),
        ("concurrency", "none", "concurrency", "none"), ("breaker/host", "none", "breaker/host", "none"),
        ("weight/account=4 2", "7", "weight/account=4%202", "7"),
    ])
    func nameAndValueApart(name: String, value: String, canonicalName: String, canonicalValue: String) throws {
        let name = try LimitName(parsing: name)
        #expect(name.text == canonicalName)
        let value = try LimitValue(parsing: value, of: name.kind)
        #expect(value.text == canonicalValue)
        #expect(try LimitName(canonical: name.text) == name)
        #expect(try LimitValue(canonical: value.text, of: name.kind) == value)
    }
}
