import SluiceCore
import Testing

@Suite struct JobSpecTests {
    private func read(_ text: String) throws -> JobSpec { try read(Array(text.utf8)) }

    private func read(_ bytes: [UInt8]) throws -> JobSpec {
        try bytes.withUnsafeBytes { bytes in try JobSpec(decoding: bytes) }
    }

    @Test func whatIsWrittenIsRead() throws {
        let specs = [
            JobSpec(kind: "k", arguments: Array("{}".utf8)),
            JobSpec(
                kind: "ünï \"quoted\" \\", arguments: Array(#"{"a":"}]\",{[","b":[1,2,{"c":null}]}"#.utf8),
                maxAttempts: 7,
                timeout: .milliseconds(1500), partitions: ["host": "a.b", "x": "\"\\"], trace: ["traceparent": "00-ab\u{2028}"]),
            JobSpec(
                kind: "k", arguments: Array("{}".utf8), needs: ["tmdb", Dependency("imdb", whenOff: .runWithout), "\"\\\n"],
                maxWaits: 50),
            JobSpec(kind: "k", arguments: Array("{}".utf8), chain: Chain("order 7")),
            JobSpec(kind: "k", arguments: Array("{}".utf8), chain: Chain("\"\u{0}\n👩‍👩‍👧", onDiscarded: .hold)),
            JobSpec(kind: "k", arguments: Array("null".utf8)), JobSpec(kind: "k", arguments: Array("12345678901234567890".utf8)),
        ]
        for spec in specs { #expect(try read(spec.encoded()) == spec) }
    }

    @Test(arguments: [
        #"{"args":{"n":1},"kind":"k"}"#, #" { "kind" : "k" , "args" : {"n":1} } "#, "\n{\t\"args\":{\"n\":1}\r,\"kind\":\"k\"}\n",
        #"{"unknown":[{"args":5}],"kind":"k","args":{"n":1},"other":"\"kind\""}"#,
        #"{"kind":"x","args":1,"args":{"n":1},"kind":"k"}"#,
        #"{"\u006bind":"\u006b","args":{"n":1}}"#,
    ])
    func membersComeInAnyOrder(text: String) throws {
        #expect(try read(text) == JobSpec(kind: "k", arguments: Array(#"{"n":1}"#.utf8)))
    }

    @Test func theChainAndWhetherItHoldsComeInAnyOrder() throws {
        #expect(try read(#"{"chain_hold":true,"kind":"k","chain":"c"}"#).chain == Chain("c", onDiscarded: .hold))
        #expect(try read(#"{"chain_hold":false,"kind":"k","chain":"c"}"#).chain == Chain("c"))
        #expect(try read(#"{"chain_hold":true,"kind":"k"}"#).chain == nil)
    }

    @Test func whatIsMissingHasDefaults() throws {
        let spec = try read(#"{"kind":"k"}"#)
        #expect(spec.arguments == Array("{}".utf8))
        #expect(spec.maxAttempts == nil && spec.timeout == nil && spec.partitions == [:] && spec.trace == [:])
        #expect(spec.needs == [] && spec.maxWaits == nil && spec.chain == nil)
    }

    @Test func numbersThatMakeNoSenseAreBoundedOrLeftOut() throws {
        #expect(try read(#"{"kind":"k","max_attempts":-5,"timeout_ms":0}"#).maxAttempts == 1)
        #expect(try read(#"{"kind":"k","max_attempts":1.5}"#).maxAttempts == nil)
        #expect(try read(#"{"kind":"k","max_waits":-5}"#).maxWaits == 1)
        #expect(try read(#"{"kind":"k","max_waits":"x"}"#).maxWaits == nil)
        #expect(try read(#"{"kind":"k","timeout_ms":0}"#).timeout == .milliseconds(1))
        #expect(try read(#"{"kind":"k","timeout_ms":9223372036854775807}"#).timeout != nil)
        #expect(try read(#"{"kind":"k","timeout_ms":99999999999999999999}"#).timeout == nil)
    }

    @Test(arguments: [
        "", " ", "null", "[]", "5", "{", "{\"", "{\"kind", "{\"kind\"", "{\"kind\":", "{\"kind\":\"k", "{\"kind\":\"k\"",
        "{\"kind\":\"k\",",
        "{\"kind\":\"k\"}}", "{\"kind\":\"k\"} x", "{kind:\"k\"}", "{\"kind\" \"k\"}", "{\"kind\":k}", "{\"kind\":5}",
        "{\"kind\":null}",
        "{\"kind\":\"k\" \"args\":1}", "{\"args\":{}}", "{\"kind\":\"k\\", "{\"kind\":\"k\\\"}", "{\"kind\":\"\\ud800\"}",
        "{\"kind\":\"\\x\"}", "{\"kind\":,\"args\":1}", "{\"kind\":\"k\",\"args\":}", "{\"kind\":\"k\",\"args\":[}",
        "{\"kind\":\"k\",\"partitions\":[]}", "{\"kind\":\"k\",\"partitions\":{\"a\":1}}", "{\"kind\":\"k\",\"trace\":\"x\"}",
        "{\"kind\":\"k\",\"needs\":\"x\"}", "{\"kind\":\"k\",\"needs\":[1]}", "{\"kind\":\"k\",\"needs\":{}}",
        "{\"kind\":\"k\",\"chain\":7}", "{\"kind\":\"k\",\"chain\":null}",
    ])
    func whatIsNoSpecIsRefused(text: String) {
        let error = #expect(throws: SluiceError.self) { try read(text) }
        #expect(error?.code == .invalidArgument)
    }

    @Test func hostileBytesNeverCrash() throws {
        var random = SystemRandomNumberGenerator()
        let seed = Array(
            #"{"kind":"k","max_attempts":3,"partitions":{"a":"b"},"needs":["n","o?"],"chain":"c","chain_hold":true,"max_waits":9,"args":{"n":[1,"x\n"]}}"#
                .utf8)
        for _ in 0..<20_000 {
            var bytes = seed
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let at = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[at] = UInt8.random(in: .min ... .max, using: &random)
                case 1: bytes.remove(at: at)
                default: bytes.insert(contentsOf: Array("\"\\{}[],:".utf8).shuffled().prefix(1), at: at)
                }
                if bytes.isEmpty { bytes = seed }
            }
            _ = try? read(bytes)
        }
        let deep = Array(String(repeating: "[", count: 1_000_000).utf8)
        #expect(throws: SluiceError.self) { try read(deep) }
        #expect(throws: SluiceError.self) { try read(Array("{\"kind\":\"k\",\"args\":".utf8) + deep) }
    }
}
