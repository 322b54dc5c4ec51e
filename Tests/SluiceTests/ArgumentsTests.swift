import Foundation
import SluiceCore
import Testing

@testable import Sluice

/// The text of arguments: it holds what `JSONEncoder` writes.
@Suite struct ArgumentsTests {
    private struct Everything: Codable {
        var text = "a \"quote\", a \\, a / and\n\r\t\u{8}\u{1F}\u{7F}, é, 🚢"
        var empty = ""
        var numbers = [0, -1, Int.max, Int.min]
        var large = UInt64.max
        var small: [Int8] = [-128, 127]
        var floats = [0.1, -2, 1e300, .leastNonzeroMagnitude]
        var float: Float = 0.1
        var isTrue = true
        var absent: Int?
        var present: Int? = 4
        var holes: [String?] = ["a", nil]
        var lists: [[Int]] = [[], [1], [2, 3]]
        var names = ["b": 1, "ä\"": 2]
        var byNumber = [7: "seven"]
        var date = Date(timeIntervalSinceReferenceDate: 1.5)
        var id = UUID()
        var choice = Choice.second
        var queue: QueueName = "images"
        var inner = Inner()
    }
    private enum Choice: String, Codable { case first, second }
    private struct Inner: Codable { var innermost = Innermost() }
    private struct Innermost: Codable { var value = "v" }

    private func expectSame(_ value: some Encodable, _ text: [UInt8]) throws {
        let expected = Array(try JSONEncoder().encode(value))
        #expect(try CanonicalJSON.text(text) == CanonicalJSON.text(expected), "\(String(decoding: text, as: UTF8.self))")
    }

    @Test func holdsWhatJSONEncoderWrites() throws {
        let value = Everything()
        try expectSame(value, #require(ArgumentsEncoder.text(of: value)))
    }

    @Test func membersAreInOrderAndAnythingCanBeTheWhole() throws {
        struct Resize: Codable { var url = "https://a/b", width = 1 }
        let text = try #require(ArgumentsEncoder.text(of: Resize()))
        #expect(String(decoding: text, as: UTF8.self) == #"{"url":"https://a/b","width":1}"#)
        for number in [0, 7] { try expectSame(number, #require(ArgumentsEncoder.text(of: number))) }
        try expectSame([String](), #require(ArgumentsEncoder.text(of: [String]())))
        try expectSame(["": ""], #require(ArgumentsEncoder.text(of: ["": ""])))
    }

    // MARK: What is left to JSONEncoder

    private struct WithContainers: Encodable {
        enum Key: CodingKey { case outer, inner, later }
        func encode(to encoder: any Encoder) throws {
            var outer = encoder.container(keyedBy: Key.self)
            var inner = outer.nestedContainer(keyedBy: Key.self, forKey: .outer)
            try outer.encode(1, forKey: .later)
            try inner.encode(2, forKey: .inner)
        }
    }
    private enum Pair: Codable { case both(left: Int, right: String) }
    private class Base: Encodable { var base = 1 }
    private final class Derived: Base {
        enum Key: CodingKey { case derived }
        override func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Key.self)
            try container.encode(2, forKey: .derived)
            try super.encode(to: encoder)
        }
    }
    private struct Silent: Encodable { func encode(to encoder: any Encoder) {} }
    private struct Failing: Encodable {
        struct Failure: Error {}
        func encode(to encoder: any Encoder) throws { throw Failure() }
    }
    /// Skips an element that fails, after its name was written.
    private struct Lenient: Encodable {
        enum Key: CodingKey { case bad, good }
        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Key.self)
            try? container.encode(Failing(), forKey: .bad)
            try container.encode(1, forKey: .good)
        }
    }

    private struct Twice: Encodable {
        enum Key: CodingKey { case name, other }
        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Key.self)
            for value in ["first", "last"] {
                try container.encode(value, forKey: .name)
                try container.encode(["name": value], forKey: .other)
            }
        }
    }

    @Test func namesMayRecurInOtherObjects() throws {
        let value = ["a": ["a": ["a": 1]], "b": ["a": ["b": 2]]]
        try expectSame(value, #require(ArgumentsEncoder.text(of: value)))
        let list = Array(repeating: ["a": 1, "b": 2], count: 100)
        try expectSame(list, #require(ArgumentsEncoder.text(of: list)))
    }

    @Test func whatIsRareIsLeftToJSONEncoder() throws {
        #expect(ArgumentsEncoder.text(of: Twice()) == nil)
        let many = Dictionary(uniqueKeysWithValues: (0..<33).map { ("\($0)", $0) })
        #expect(ArgumentsEncoder.text(of: many) == nil)
        #expect(ArgumentsEncoder.text(of: WithContainers()) == nil)
        #expect(ArgumentsEncoder.text(of: Pair.both(left: 1, right: "r")) == nil)
        #expect(ArgumentsEncoder.text(of: Derived()) == nil)
        #expect(ArgumentsEncoder.text(of: ["a": Silent()]) == nil)
        #expect(ArgumentsEncoder.text(of: Failing()) == nil)
        #expect(ArgumentsEncoder.text(of: Lenient()) == nil)
        #expect(ArgumentsEncoder.text(of: [Data([1])]) == nil)
        #expect(ArgumentsEncoder.text(of: ["a": URL(string: "https://a")]) == nil)
        #expect(ArgumentsEncoder.text(of: [Decimal(1)]) == nil)
        #expect(ArgumentsEncoder.text(of: [Double.nan]) == nil)
    }

    private struct Call: Job {
        static let kind = "call"
        var url: URL
        var body: Data
    }

    @Test func aRequestHoldsWhatWasLeftToJSONEncoder() throws {
        let call = Call(url: try #require(URL(string: "https://a/b")), body: Data([1, 2, 3]))
        try expectSame(call, JobRequest(call).arguments)
    }

    private struct NotFinite: Job {
        static let kind = "not-finite"
        var value = Double.infinity
    }

    @Test func whatJSONCannotHoldIsRefused() {
        let error = #expect(throws: SluiceError.self) { try JobRequest(NotFinite()) }
        #expect(error?.code == .invalidArgument)
    }
}
