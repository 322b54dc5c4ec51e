import SluiceCore
import Testing

struct FingerprintTests {
    private func of(_ arguments: String, _ basis: Unique.Basis = .arguments, kind: String = "k") throws -> String {
        try Fingerprint.of(basis, kind: kind, arguments: Array(arguments.utf8))
    }

    @Test(arguments: [
        (#"{"b":[1,{"d":null,"c":"x"}],"a":true}"#, #" { "a" : true , "b" : [ 1 , { "c":"x","d" : null } ] } "#),
        (#"{"url":"https:\/\/a\u0062"}"#, #"{"url":"https://ab"}"#), (#"["a,b","]"]"#, #"[ "a,b" , "]" ]"#), ("[]", "[ ]"),
        ("{}", " {}"), (#"{"a":"\\\"[,"}"#, #"{"a" :"\\\"[,"}"#),
    ]) func equalArgumentsHaveOneFingerprint(one: String, other: String) throws {
        #expect(try of(one) == of(other))
    }

    @Test func whatDiffersHasAnother() throws {
        let texts = [
            "1", "1.0", "\"1\"", "[1]", "[]", "{}", "null", #"{"a":1}"#, #"{"a":[1]}"#, #"{"a":{"b":1}}"#, #"{"b":1}"#, "[1,2]",
            "[2,1]",
        ]
        #expect(Set(try texts.map { try of($0) }).count == texts.count)
        #expect(try of("1", kind: "k") != of("1", kind: "l"))
    }

    @Test func itIsTheStartOfASHA256() throws {
        // printf 'k\0{"a":1}' | sha256sum | cut -c1-32 | xxd -r -p | base64 | tr '+/' '-_' | cut -c1-22
        #expect(try of(#"{"a":1}"#) == "bL23A3yqowtml5ibtISCig")
    }

    @Test func theIndexKeyHidesThoseOfEncryptedJobs() throws {
        let keys = try PayloadKeys.random(id: "a")
        let arguments = Array(#"{"a":1}"#.utf8)
        func hidden(_ keys: PayloadKeys) throws -> String {
            try Fingerprint.of(.arguments, kind: "k", arguments: arguments, hiddenBy: keys)
        }
        #expect(try hidden(keys) != of(#"{"a":1}"#) && hidden(keys) == hidden(try keys.rotated(to: "b")))
        #expect(try hidden(keys) != hidden(PayloadKeys.random(id: "a")))
        let short = try Fingerprint.of(.key("order-7"), kind: "k", arguments: [], hiddenBy: keys)
        #expect(short.count == 22 && short != "order-7", "a key stands in clear beside what is encrypted")
    }

    @Test func fieldsCountAlone() throws {
        let both = Unique.Basis.fields("a", "b")
        #expect(try of(#"{"a":1,"b":2,"c":3}"#, both) == of(#"{"c":4,"b":2,"a":1}"#, both))
        #expect(try of(#"{"a":1,"b":2}"#, both) != of(#"{"a":1,"b":3}"#, both))
        #expect(try of(#"{"a":1}"#, both) == of(#"{"a":1,"c":9}"#, both))
        #expect(throws: SluiceError.self) { try of("[1]", both) }
    }

    @Test func aShortSafeKeyIsReadableAndAnotherIsNot() throws {
        #expect(try of("1", .key("order-7_a.B")) == "order-7_a.B")
        #expect(try of("1", .key("order-7"), kind: "other") == "order-7")
        for key in ["a b", "ü", "*", ">a", "12345678901234567890123"] {
            let fingerprint = try of("1", .key(key))
            #expect(fingerprint.count == 22 && fingerprint != key)
            #expect(try of("2", .key(key), kind: "other") == fingerprint)
        }
    }
}
