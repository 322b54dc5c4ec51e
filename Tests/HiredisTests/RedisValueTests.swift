import Testing

@testable import Hiredis

@Suite struct RedisValueTests {
    private func root(_ text: String) throws -> RedisValue {
        try #require(try replies(in: text).first).root
    }

    @Test func readingBeyondTheEndOrAsTheWrongKindGivesNothing() throws {
        let array = try root("*2\r\n*1\r\n:1\r\n+x\r\n")
        for position in [-1, 2, Int.max, Int.min] { #expect(array[position].isNull) }
        #expect(array[0][0][0][7].isNull)
        #expect(array.string == nil && array.integer == nil && array.double == nil && array.bytes == nil && array.error == nil)
        #expect(array.withBytes { $0.count } == 0)
        let text = array[1]
        #expect(text.count == 0 && text[0].isNull && Array(text.elements).isEmpty && text.dictionary.isEmpty)
        #expect(text.integer == nil && text.double == nil)
        #expect(array[9].count == 0 && array[9].string == nil && array[9].elements.first { _ in true } == nil)
    }

    @Test(
        arguments: [
            ("12", 12), ("-12", -12), ("0", 0), ("9223372036854775807", Int.max), ("-9223372036854775808", Int.min),
            ("9223372036854775808", nil), ("", nil), ("-", nil), ("+1", nil), ("1.5", nil), (" 1", nil), ("12a", nil),
        ] as [(String, Int?)])
    func readsNumbersFromText(text: String, number: Int?) throws {
        #expect(try root("$\(text.utf8.count)\r\n\(text)\r\n").integer == number)
    }

    @Test func readsDoubles() throws {
        #expect(try root("$4\r\n1.25\r\n").double == 1.25)
        #expect(try root("$4\r\n-inf\r\n").double == -.infinity)
        #expect(try root(":3\r\n").double == 3)
        #expect(try root("$-1\r\n").double == nil)
    }

    @Test func findsElementsBehindNestedArrays() throws {
        let rows = String(repeating: "*3\r\n$1\r\na\r\n*0\r\n*2\r\n:1\r\n:2\r\n", count: 50)
        let array = try root("*50\r\n\(rows)")
        #expect(array[49][2][1].integer == 2)
        #expect(array.elements.map { $0[2].elements.compactMap(\.integer) } == Array(repeating: [1, 2], count: 50))
    }

    @Test func aValueOutlivesItsReply() throws {
        var value: RedisValue?
        do { value = try root("*2\r\n$1\r\na\r\n$1\r\nb\r\n")[1] }
        #expect(value?.string == "b")
    }

    @Test func aDictionaryTakesPairsAndLeavesWhatIsNone() throws {
        let pairs = try root("*7\r\n$1\r\na\r\n:1\r\n$1\r\na\r\n:2\r\n:5\r\n:6\r\n$1\r\nz\r\n").dictionary
        #expect(pairs.count == 1)
        #expect(pairs["a"]?.integer == 2)
    }

    @Test func bytesThatAreNoUTF8AreReplaced() throws {
        let reply = try replies(in: [Array("$2\r\n".utf8) + [0xFF, 0x61] + Array("\r\n".utf8)])
        #expect(reply.first?.root.string == "\u{FFFD}a")
        #expect(reply.first?.root.bytes == [0xFF, 0x61])
    }

    @Test func splitsErrors() {
        #expect(RedisServerError(reply: "FENCED job 12 moved on") == RedisServerError(code: "FENCED", message: "job 12 moved on"))
        #expect(RedisServerError(reply: "ERR") == RedisServerError(code: "ERR", message: ""))
        #expect(RedisServerError(reply: "").description == "")
    }

    @Test func saysWhetherTheOutcomeIsKnown() {
        let unknown: [RedisError] = [.lost("x"), .timedOut(.seconds(1)), .protocolViolation("x")]
        let known: [RedisError] = [.unreachable("x"), .refused("x"), .closed, .server(RedisServerError(reply: "ERR"))]
        #expect(unknown.map(\.isOutcomeUnknown) == [true, true, true])
        #expect(known.map(\.isOutcomeUnknown) == [false, false, false, false])
    }
}
