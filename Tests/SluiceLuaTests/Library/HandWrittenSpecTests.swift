import Hiredis
import SluiceCore
import SluiceStore
import SluiceTesting
import Testing

/// Specs that people and other languages write: what a worker would not read does not come in.
@Suite(.timeLimit(.minutes(10)))
struct HandWrittenSpecTests {
    /// Values of all kinds, as JSON.
    private static let values = [
        "null", "true", "false", "0", "1", "-1", "1.5", "3.0", "1e3", "007", "NaN", "Infinity", "0x10", "99999999999999999999",
        "1234567890123456", "9223372036854775807", "9223372036854775808", #""""#, #""x""#, #""5""#, #""a b""#, #""a\u0000b""#,
        #""a\nb""#, #""\u0085""#, #""\ud800""#, "\"\u{1F}\"", "[]", "[null]", #"["a"]"#, #"["smtp","cache?"]"#, #"["a","a"]"#,
        "[1]",
        #"[["a"]]"#, #"["no good"]"#, "{}", #"{"account":"5"}"#, #"{"account":5}"#, #"{"account":1234567890123457}"#,
        #"{"account":null}"#, #"{"account":["a"]}"#, #"{"account":{"a":"b"}}"#, #"{"account":"a,}b"}"#, #"{"a b":"c"}"#,
    ]
    private static let members = [
        "args", "max_attempts", "timeout_ms", "partitions", "needs", "chain", "chain_hold", "max_waits", "batch", "trace",
        "version",
        "redact", "key",
    ]

    @Test func whateverIsAddedByHandCanBeReadByAWorkerToTheLetter() async throws {
        let queue = try await LuaQueue()
        var added: [String: Int] = [:]
        for member in Self.members {
            for (number, value) in Self.values.enumerated() {
                let id = "\(member)-\(number)"
                // Strings with brackets and quotes in front, which the members behind have to be told from.
                let spec = #"{"args":{"x":"},{\",\\"},"kind":"k","\#(member)" : \#(value) }"#
                let text = member == "args" ? #"{"kind":"k","args":\#(value)}"# : spec
                guard try await queue.fcall(["sluice_enqueue", id, text, ""]) == "[added \(id)]" else { continue }
                added[member, default: 0] += 1
                try await checkReadable(text, member, lane: queue.redis("HGET", "lane", id))
            }
        }
        let counts = Self.members.map { added[$0] ?? 0 }
        // Of the arguments all that is JSON; of the others what has its type.
        #expect(counts == [37, 3, 3, 3, 3, 6, 0, 3, 2, 4, 3, 5, 0], "\(Self.members)")
        #expect(try await queue.audit() == [])
    }

    private func checkReadable(_ text: String, _ member: String, lane: String?) async throws {
        let spec = try Array(text.utf8).withUnsafeBytes { try JobSpec(decoding: $0) }
        #expect(try spec.partitions.lane(needs: spec.needs, chain: spec.chain) == lane ?? "", "\(text)")
        #expect(JSONText.isValid(spec.arguments), "\(text)")
        switch member {
        case "max_attempts": #expect(spec.maxAttempts != nil, "\(text)")
        case "timeout_ms": #expect(spec.timeout != nil, "\(text)")
        case "max_waits": #expect(spec.maxWaits != nil, "\(text)")
        case "batch": #expect(spec.batch != nil, "\(text)")
        default: break
        }
    }

    @Test func aRefusalNamesTheMemberAndWhatWouldBeRight() async throws {
        let queue = try await LuaQueue()
        try await queue.add("x")
        let long = String(repeating: "k", count: 129)
        for (spec, message) in [
            (#"{"kind":"k","partitions":{"account":5}}"#, #"such as {"account":"5"}: account is 5"#),
            (#"{"kind":"k","partitions":["account"]}"#, "partitions of a spec must be an object"),
            (#"{"kind":"k","needs":"smtp"}"#, #"needs of a spec must be a list of names, such as ["smtp","cache?"], not 'smtp'"#),
            (#"{"kind":"k","needs":[null]}"#, "number 1 is null"), (#"{"kind":"k","chain":"","args":{}}"#, "chain of a spec"),
            (#"{"kind":"k","max_attempts":1e3}"#, "max_attempts of a spec must be a whole number from 1 on, in digits, not 1e3"),
            (#"{"kind":"k","dely":5}"#, "a spec has the unknown member 'dely': known are args, batch, chain,"),
            (#"{"kind":"k","args":{},"kind":"l"}"#, "kind is given twice"), (#"{"kind":5}"#, "kind of a spec must be a text"),
            (#"{"kind":"\#(long)"}"#, "128 bytes"), (#"{"kind":"a\nPATH=/x"}"#, "control characters"), (#"{"kind":""}"#, "kind"),
            (#"{"args":{}}"#, "a spec needs a kind"), (#"["kind"]"#, "a spec must be a JSON object"),
            ("", "a spec must be a JSON object"),
            (#"{"kind":"k","args":NaN}"#, "must be a JSON object: "),
            ("{\"kind\":\"k\",\"args\":\"\u{1F}\"}", "control character"),
            (#"{"kind":"k","chain_hold":true}"#, "chain_hold needs"), (#"{"kind":"k","node":"a"}"#, "workflow needs node"),
            (#"{"kind":"k","redact":"card","partitions":"x"}"#, " of a spec must be "),
            (#"{"kind":"k","key":"a","args":{}}"#, "base64"),
            (#"{"kind":"k","args":"\#(String(repeating: "x", count: 1 << 20))"}"#, "at most 1048576 bytes"),
        ] {
            try await queue.checkRefused(["sluice_enqueue", "b", spec, ""], message)
        }
    }

    @Test func whatIsNotUTF8IsRefused() async throws {
        let queue = try await LuaQueue()
        for bytes in [[0xFF], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82], [0x80], [0xC3]]
            as [[UInt8]]
        {
            var command = RedisCommand(["FCALL", "sluice_enqueue", "1", queue.base, "a"])
            command.append(Array(#"{"kind":"k"#.utf8) + bytes + Array(#""}"#.utf8))
            command.append("")
            await #expect(throws: SluiceError.self) { try await queue.queues.store.send(command, key: queue.base) }
        }
        #expect(try await queue.fcall(["sluice_enqueue", "a", #"{"kind":"kä€😀"}"#, ""]) == "[added a]")
        #expect(try await queue.fcall(["explain", "a"]).contains("no_worker"))
    }

    @Test func optionsThatMeanNothingAreRefusedFromClientsToo() async throws {
        let queue = try await LuaQueue()
        try await queue.add("p")
        for (options, message) in [
            (#"{"dely":60000}"#, "options has the unknown member 'dely'"), ("[]", "options must be a JSON object"),
            (#"{"delay":null}"#, "delay must be a whole number from 0 to 100000000000000, not null"),
            (#"{"delay":"60000"}"#, "delay must be a whole number"), (#"{"delay":false}"#, "delay must be"),
            (#"{"priority":true}"#, "priority must be"), (#"{"hold":1}"#, "hold must be true or false"),
            (#"{"lane":"a b"}"#, "lane must be"), (#"{"lane":"a\nb=1"}"#, "lane must be"),
            (#"{"after":{"id":5}}"#, "id of the job before"),
            (#"{"after":{"id":"p","fail":"hold"}}"#, "after has the unknown member 'fail'"),
            (#"{"after":{"id":"p","failed":null}}"#, "failed must"),
            (#"{"unique":{"key":"a","untl":"end"}}"#, "unique has the unknown member"),
            (#"{"unique":{"key":"a","until":null}}"#, "until must be end or"),
            (#"{"notify":{"url":"http://a\nbatch.x"}}"#, "the URL of notify must be http"),
            (#"{"notify":{"url":"http://a","at":[]}}"#, "the unknown member"),
            (#"{"notify":{"url":"http://a","on":null}}"#, "must be a list"), (#"{"links":[5]}"#, "unknown link: 5"),
        ] {
            try await queue.checkRefused(["sluice_enqueue", "f", #"{"kind":"k"}"#, options], message)
            try await queue.checkRefused(["enqueue", "c", "1", "1", "f", #"{"kind":"k"}"#, "0", options], message)
        }
    }

    @Test func aWebHookIsNotPromisedForASpecThatItCannotBeToldOf() async throws {
        let queue = try await LuaQueue()
        let hook = #"{"notify":{"url":"https://x.test/h"}}"#
        for spec in [#"{"args":{}}"#, #"{"kind":"a\tb"}"#, "x", #"{"kind":"k","redact":["card"],"partitions":}"#] {
            let refused = try await queue.fcall(["enqueue", "c", "1", "1", "f", spec, "0", hook])
            #expect(refused.hasPrefix("invalidArgument: "), "\(spec)")
        }
        var command = RedisCommand(["FCALL", "sluice1_enqueue", "1", queue.base, "c", "1", "1", "f"])
        command.append(Array(#"{"kind":"k"#.utf8) + [0xFF] + Array(#""}"#.utf8))
        command.append("0")
        command.append(hook)
        await #expect(throws: SluiceError.self) { try await queue.queues.store.send(command, key: queue.base) }
        #expect(try await queue.key("spec") == nil)
        #expect(try await queue.fcall(["enqueue", "c", "1", "1", "f", #"{"kind":"k","redact":["card"]}"#, "0", hook]) == "[]")
    }
}
