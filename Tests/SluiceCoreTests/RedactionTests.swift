import SluiceCore
import Testing

@Suite struct RedactionTests {
    private func masked(_ json: String, _ fields: [String]) -> String {
        String(decoding: Redaction(fields).masking(json: Array(json.utf8)), as: UTF8.self)
    }

    @Test(arguments: [
        (#"{"card":"4111","name":"A"}"#, #"{"card":"[redacted]","name":"A"}"#),
        (#"{ "a" : [ { "card" : {"n":[1,"}"]} , "b":1.50} ] }"#, #"{ "a" : [ { "card":"[redacted]" , "b":1.50} ] }"#),
        (#"{"card":12e-3}"#, #"{"card":"[redacted]"}"#), (#"{"card":null,"b":[true]}"#, #"{"card":"[redacted]","b":[true]}"#),
        (#"{"card":"a\"b\\","b":"c"}"#, #"{"card":"[redacted]","b":"c"}"#), (#"["card","x"]"#, #"["card","x"]"#),
        (#"{"\u0063ard":1}"#, #"{"\u0063ard":"[redacted]"}"#), ("{}", "{}"), ("7", "7"), ("", ""),
    ])
    func fieldsAreHiddenAtAnyDepth(json: String, expected: String) { #expect(masked(json, ["card"]) == expected) }

    /// People write specs by hand.
    @Test(arguments: [#"{"card":"#, #"{"card":"x"#, #"{"card":"\"#, #"{"card" :["#, #""card"#, #"{"card":}"#, "\"card\":\"\\"])
    func whatIsNoJSONIsNoTrap(json: String) { #expect(!masked(json, ["card"]).isEmpty) }

    @Test func whatTheFieldsHoldIsHiddenInTexts() {
        let arguments = Array(
            #"{"card":{"number":"41 11","cvc":123,"owner":"Zoë \"Z\""},"name":"Zo","amount":5,"pin":"12"}"#.utf8)
        let redaction = Redaction(["card", "pin"], in: arguments)
        #expect(
            redaction.masking(#"card 41 11 of Zoë "Z" with 123 refused for 5, 12"#)
                == "card [redacted] of [redacted] with [redacted] refused for 5, 12")
        #expect(Redaction([], in: arguments).masking("41 11") == "41 11")
        #expect(Redaction(["none"], in: arguments).masking("41 11") == "41 11")
    }

    @Test func theLongestValueGoesFirst() {
        let redaction = Redaction(["a", "b"], in: Array(#"{"a":"secret","b":"secret-more"}"#.utf8))
        #expect(redaction.masking("secret-more, secret") == "[redacted], [redacted]")
    }

    /// A value with all that JSON may write in more than one way.
    private static let owner = Redaction(["owner"], in: Array(#"{"owner":"h\"u\\2/é\n😀"}"#.utf8))

    @Test(arguments: [
        "h\"u\\2/é\n😀", #"h\"u\\2/é\n😀"#, #"h\"u\\2\/\u00e9\n\ud83d\ude00"#,
        #"h\u0022u\u005C2\u002F\u00E9\u000a\uD83D\uDE00"#,
        #"\u0068\"u\\\u0032/é\n😀"#,
        // One JSON text inside of another, and inside of a third.
        #"h\\\"u\\\\2/\\u00e9\\n\\ud83d\\uDe00"#, #"h\\\\\\\"u\\\\\\\\2\\\\/é\\\\n😀"#,
    ])
    func everySpellingIsHidden(_ spelling: String) {
        #expect(Self.owner.masking("<\(spelling)>") == "<[redacted]>")
        let bytes = Array("<\(spelling)>".utf8)
        for cut in 2..<(bytes.count - 1) {
            let shown = [0..<cut, cut..<bytes.count].map {
                String(decoding: Self.owner.masking(bytes, showing: $0), as: UTF8.self)
            }
            #expect(shown == ["<[redacted]", "[redacted]>"])
        }
        #expect(spelling.utf8.count <= Self.owner.reach)
    }

    @Test(arguments: [
        "h\"u\\2/é\n", #"h\"u2/é\n😀"#, #"h\"u\\2/\u00ea\n😀"#, #"h\"u\\2/é\n\ud83d"#, "", "\\", #"\u00"#, #"h\u002"#,
    ])
    func whatIsNotAValueStays(_ text: String) { #expect(Self.owner.masking(text) == text) }

    @Test func valuesThatOverlapLeaveNothing() {
        let redaction = Redaction(["a", "b"], in: Array(#"{"a":"abcd","b":["cdef","xyz"]}"#.utf8))
        #expect(redaction.masking("-abcdef-xyzxyz-") == "-[redacted]-[redacted][redacted]-")
    }

    @Test func aValueThatNoDecoderTakesIsHiddenAsItIsWritten() {
        let redaction = Redaction(["a"], in: Array(#"{"a":"x\ud800yz"}"#.utf8))
        #expect(redaction.masking(#"say x\ud800yz!"#) == "say [redacted]!")
    }

    @Test(arguments: [
        (
            #"{"note":"of 4111, true","n":4111,"m":94111.5,"t":true}"#,
            #"{"note":"of [redacted], [redacted]","n":"[redacted]","m":"[redacted]","t":"[redacted]"}"#
        ),
        (#"["\u0034111"]"#, #"["[redacted]"]"#), (#""4111""#, #""[redacted]""#), ("4111", #""[redacted]""#),
        // What takes an escape apart cannot stay.
        (#"["a\u4111"]"#, #""[redacted]""#),
    ])
    func otherFieldsDoNotRepeatValues(json: String, expected: String) {
        let redaction = Redaction(["pin", "word"], in: Array(#"{"pin":4111,"word":"true"}"#.utf8))
        #expect(String(decoding: redaction.masking(json: Array(json.utf8)), as: UTF8.self) == expected)
    }
}
