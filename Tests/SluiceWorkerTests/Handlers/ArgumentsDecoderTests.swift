import Foundation
import Testing

@testable import SluiceWorker

/// The values of arguments: they are those of `JSONDecoder`.
@Suite struct ArgumentsDecoderTests {
    private struct Everything: Codable, Equatable {
        var text = "a \"quote\", a \\, a / and\n\r\t\u{8}\u{1F}\u{7F}, é, ship"
        var empty = ""
        var numbers = [0, -1, Int.max, Int.min]
        var large = UInt64.max
        var small: [Int8] = [-128, 127]
        var floats = [0, 0.1, -2, 1e300]
        var float: Float = 0.1
        var isTrue = true
        var absent: Int?
        var present: Int? = 4
        var holes: [String?] = ["a", nil]
        var lists: [[Int]] = [[], [1], [2, 3]]
        var names = ["b": 1, "c": 2]
        var byNumber = [7: "seven"]
        var date = Date(timeIntervalSinceReferenceDate: 1.5)
        var id = UUID()
        var choice = Choice.second
        var inner = Inner()
    }
    private enum Choice: String, Codable { case first, second }
    private struct Inner: Codable, Equatable { var innermost = Innermost() }
    private struct Innermost: Codable, Equatable { var value = "v" }

    private func usual<Value: Decodable>(_ type: Value.Type, _ text: String) -> Value? {
        ArgumentsDecoder.decodeUsual(type, from: Array(text.utf8))
    }

    @Test func holdsWhatJSONDecoderReads() throws {
        let value = Everything()
        #expect(ArgumentsDecoder.decodeUsual(Everything.self, from: Array(try JSONEncoder().encode(value))) == value)
    }

    @Test func anythingCanBeTheWhole() {
        #expect(usual(Int.self, " 7\n") == 7)
        #expect(usual([Int].self, "[ ]") == [])
        #expect(usual([String: Int].self, "{}") == [:])
        #expect(usual(String.self, #""\u00e9\/\n""#) == "é/\n")
        #expect(usual(Bool.self, "false") == false)
        #expect(usual(Int?.self, "null") == .some(nil))
        #expect(usual(Double.self, "-1.5e3") == -1500)
        #expect(usual([String: Int].self, #"{"a" : 1 , "b":2}"#) == ["a": 1, "b": 2])
    }

    @Test(arguments: [
        "", " ", "{", "}", "[", "[1", "[1,", "[1,]", "[1 2]", "[,1]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{\"a\":1}}",
        "01", "-",
        "+1", "1.", ".5", "1e", "1e+", "tru", "truex", "nul", "'a'", "\"a", "\"\t\"", "\"\\x\"", "\"\\u12\"",
        "\"\\ud83d\\udea2\"",
        "\"\\ud83d\"", "1 2", "{\"a\":1 \"b\":2}", "\u{FEFF}1", "[1]]", "{\"é\":1}", "{\"a\":1,\"a\":2}", "{\"\\u0061\":1}",
    ])
    func whatIsNoJSONOrRareIsLeftToJSONDecoder(_ text: String) {
        #expect(usual([String: Int].self, text) == nil)
        #expect(usual([Int].self, text) == nil)
        #expect(usual(Int.self, text) == nil)
        #expect(usual(Double.self, text) == nil)
        #expect(usual(String.self, text) == nil)
        #expect(usual(Bool.self, text) == nil)
    }

    private struct WithContainers: Decodable {
        enum Key: CodingKey { case outer, inner }
        var inner: Int
        init(from decoder: any Decoder) throws {
            let outer = try decoder.container(keyedBy: Key.self)
            inner = try outer.nestedContainer(keyedBy: Key.self, forKey: .outer).decode(Int.self, forKey: .inner)
        }
    }

    /// Takes 0 for a number that it cannot read.
    private struct Lenient: Codable, Equatable {
        var number = 0
        enum Key: CodingKey { case number }
        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            number = (try? container.decode(Int.self, forKey: .number)) ?? 0
        }
    }

    private enum Pair: Codable, Equatable { case both(left: Int, right: String) }

    @Test func typesThatAreReadOtherwiseAreLeftToJSONDecoder() throws {
        #expect(usual([Data].self, #"["AQID"]"#) == nil)
        #expect(usual([String: URL].self, #"{"a":"https://a"}"#) == nil)
        #expect(usual(Decimal.self, "1") == nil)
        #expect(usual(Int.self, "1.0") == nil)
        #expect(usual(Int8.self, "128") == nil)
        #expect(usual(UInt.self, "-1") == nil)
        #expect(usual(Double.self, "1e999") == nil)
        #expect(usual(WithContainers.self, #"{"outer":{"inner":1}}"#) == nil)
        #expect(usual(Pair.self, #"{"both":{"left":1,"right":"r"}}"#) == nil)
        // The error is caught, and the number might be 3.
        #expect(usual(Lenient.self, #"{"number":3.0}"#) == nil)

        func decode<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
            try ArgumentsDecoder.decode(type, from: Array(text.utf8))
        }
        #expect(try decode([Data].self, #"["AQID"]"#) == [Data([1, 2, 3])])
        #expect(try decode(Int.self, "1.0") == 1)
        #expect(try decode(WithContainers.self, #"{"outer":{"inner":1}}"#).inner == 1)
        #expect(try decode(Pair.self, #"{"both":{"left":1,"right":"r"}}"#) == .both(left: 1, right: "r"))
        #expect(try decode(Lenient.self, #"{"number":3.0}"#).number == 3)
        #expect(throws: DecodingError.self) { try decode(Int.self, "01") }
        #expect(throws: DecodingError.self) { try decode([String: Int].self, #"{"a":null}"#) }
    }

    @Test func bytesThatAreNotUTF8AreRefused() {
        let text: [UInt8] = Array("{\"a\":\"".utf8) + [0xFF] + Array("\"}".utf8)
        #expect(ArgumentsDecoder.decodeUsual([String: String].self, from: text) == nil)
        #expect(
            ArgumentsDecoder.decodeUsual([String: Int].self, from: Array("{\"a\":1,\"".utf8) + [0xC3] + Array("\":2}".utf8))
                == nil)
    }

    @Test func textsNestedDeeplyAreLeftToJSONDecoder() {
        let brackets = String(repeating: "[", count: 100_000)
        #expect(ArgumentsText.nodes(of: Array(brackets.utf8)) == nil)
    }

    /// Texts with a byte more, less or changed: what is read from them is what `JSONDecoder` reads.
    @Test func changedTextsAreReadAsByJSONDecoder() throws {
        struct Sample: Codable, Equatable {
            var name = "a\"\\é", counts = [1, -20], ratio = 0.25, isOn = true, other: [String: Int?] = ["x": 1, "y": nil]
        }
        let text = Array(try JSONEncoder().encode(Sample()))
        let bytes = Array(#"{}[]",:\0129-+.eEtfnu /é"#.utf8) + [0, 0x0A, 0xFF]
        for place in text.indices {
            var texts = [text]
            texts[0].remove(at: place)
            for byte in bytes {
                texts.append(text)
                texts[texts.count - 1][place] = byte
                texts.append(text)
                texts[texts.count - 1].insert(byte, at: place)
            }
            for text in texts {
                guard let value = ArgumentsDecoder.decodeUsual(Sample.self, from: text) else { continue }
                let expected = try? JSONDecoder().decode(Sample.self, from: Data(text))
                #expect(value == expected, "\(String(decoding: text, as: UTF8.self))")
            }
        }
    }
}
