import SluiceCore
import Testing

struct JSONSyntaxTests {
    @Test(arguments: [
        "{}", "[]", " null ", "true", "false", "0", "-0", "12", "-1.5e+10", "1E5", "\"\"", #""\u00e9\n\"ü""#,
        #"{"a":[1,{"b":null}],"c":""}"#, "[\n1 ,\t2\r]", String(repeating: "[", count: 500) + String(repeating: "]", count: 500),
    ]) func whatIsJSON(text: String) throws {
        try JSONSyntax.check(Array(text.utf8))
    }

    @Test(arguments: [
        ("", "it ends where a value should be"), ("{", "it ends where a name in quotes should be"),
        ("{a:1}", "'a' at byte 2"), ("{\"a\" 1}", "'1' at byte 6"), ("{\"a\":1,}", "'}' at byte 8"), ("[1,]", "']' at byte 4"),
        ("[1 2]", "'2' at byte 4"), ("01", "'1' at byte 2"), ("1.", "it ends where a digit"), ("-", "it ends where a digit"),
        ("1e", "it ends where a digit"), ("+1", "'+' at byte 1"), ("tru", "it ends where the word true"),
        ("nul1", "'1' at byte 4"),
        ("\"a", "it ends where a closing quote"), ("\"\\x\"", "'x' at byte 3"), ("\"\\u12g4\"", "'g' at byte 6"),
        ("\"a\nb\"", "byte 10 at byte 3"), ("{} x", "'x' at byte 4"), ("NaN", "'N' at byte 1"), ("'a'", "''' at byte 1"),
        (String(repeating: "[", count: 501), "brackets"),
    ]) func whatIsNoJSON(text: String, reason: String) {
        let error = #expect(throws: JSONScanner.Malformed.self) { try JSONSyntax.check(Array(text.utf8)) }
        #expect(error?.reason.contains(reason) == true, "\(error?.reason ?? "")")
    }

    @Test func bytesThatAreNoUTF8AreRefused() {
        #expect(throws: JSONScanner.Malformed.self) { try JSONSyntax.check([0x22, 0xFF, 0x22]) }
        #expect(!JSONText.isValid([0x22, 0xC3, 0x22]))
    }

    @Test func documentsKeepOrderAndForeignText() {
        let document: JSONValue = [
            "b": 1, "a": [nil, true, "x\"\n"], "number": .number(0.5), "infinite": .number(.infinity),
            "raw": JSONValue(text: Array(#"{"n":12345678901234567890}"#.utf8)), "no": JSONValue(text: Array("{".utf8)),
        ]
        #expect(
            String(decoding: document.adding("last", 2).encoded(), as: UTF8.self)
                == #"{"b":1,"a":[null,true,"x\"\n"],"number":0.5,"infinite":null,"raw":{"n":12345678901234567890},"no":"{","last":2}"#
        )
    }
}
