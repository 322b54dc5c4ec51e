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
}
