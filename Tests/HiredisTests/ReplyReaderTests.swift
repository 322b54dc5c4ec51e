import Testing

@testable import Hiredis

@Suite struct ReplyReaderTests {
    static let stream =
        "+OK\r\n-ERR no such key\r\n:-42\r\n$-1\r\n*-1\r\n$0\r\n\r\n$5\r\na\r\n\u{0}b\r\n"
        + "*0\r\n*3\r\n$1\r\na\r\n*2\r\n:1\r\n*1\r\n+x\r\n$1\r\nb\r\n*4\r\n$1\r\nk\r\n:7\r\n$1\r\nl\r\n$-1\r\n"

    @Test func readsEveryTypeOfReply() throws {
        let roots = try replies(in: Self.stream).map(\.root)
        #expect(roots.map(\.kind) == [.status, .error, .integer, .null, .null, .string, .string, .array, .array, .array])
        #expect(roots[0].string == "OK")
        #expect(roots[1].error == RedisServerError(code: "ERR", message: "no such key"))
        #expect(roots[1].string == nil)
        #expect(roots[2].integer == -42)
        #expect(roots[5].string == "")
        #expect(roots[6].bytes == Array("a\r\n\u{0}b".utf8))
        #expect(roots[7].count == 0)
        #expect(roots[8].elements.map(\.kind) == [.string, .array, .string])
        #expect(roots[8][1][1][0].string == "x")
        #expect(roots[8][2].string == "b")
        #expect(roots[9].dictionary["k"]?.integer == 7)
        #expect(roots[9].dictionary["l"]?.isNull == true)
    }

    @Test func splitAnywhereTheStreamGivesEqualReplies() throws {
        let bytes = Array(Self.stream.utf8)
        let whole = try replies(in: [bytes])
        for cut in 0...bytes.count {
            #expect(try replies(in: [Array(bytes[..<cut]), Array(bytes[cut...])]) == whole)
        }
        #expect(try replies(in: bytes.map { [$0] }) == whole)
        var limits = ReplyLimits()
        limits.feedBytes = 3
        #expect(try replies(in: [bytes], limits: limits) == whole)
    }

    @Test func refusesWhatIsNotTheProtocol() {
        #expect(violation(in: "HTTP/1.1 400 Bad Request\r\n\r\n")?.contains("Protocol error") == true)
        for text in ["$-2\r\n", "*-2\r\n", ":12a\r\n", ":\r\n", "$abc\r\n", "*x\r\n", "\r\n", "*1\r\nHello\r\n"] {
            #expect(violation(in: text) != nil, "\(text.debugDescription)")
        }
    }

    @Test(arguments: [
        "%1\r\n+a\r\n+b\r\n", "~1\r\n+a\r\n", "_\r\n", "#t\r\n", ",1.5\r\n", "(12\r\n", "=5\r\ntxt:a\r\n", ">1\r\n+a\r\n",
        "*1\r\n_\r\n",
    ])
    func refusesTypesOfRESP3(text: String) {
        #expect(violation(in: text) != nil)
    }

    @Test func refusesAHugeArrayAtItsHeader() {
        #expect(violation(in: "*2147483647\r\n") == "an array of 2147483647 elements")
        #expect(violation(in: "*4194305\r\n") == "an array of 4194305 elements")
        #expect(violation(in: "*1\r\n*4194305\r\n") != nil)
        #expect(violation(in: "*4194304\r\n") == nil)
        #expect(violation(in: "*99999999999999999999\r\n") != nil)
    }

    @Test func refusesAStringThatWouldNeverEnd() {
        #expect(violation(in: "$9223372036854775807\r\n") == "a string of more than 536870912 bytes")
        #expect(violation(in: "$536870913\r\nabc") != nil)
        #expect(violation(in: "*2\r\n+a\r\n$9223372036854775807\r\n") != nil)
        #expect(violation(in: "$536870912\r\nabc") == nil)
        // Behind a kilobyte of other replies hiredis has moved its buffer, and the type byte is out of sight.
        let before = String(repeating: "+OK\r\n", count: 1_000)
        #expect(violation(in: before + "$9223372036854775807\r\n") != nil)
    }

    @Test func refusesALineWithoutEnd() {
        let piece = [UInt8](repeating: UInt8(ascii: "a"), count: 64 << 10)
        #expect(violation(in: [Array("+".utf8)] + Array(repeating: piece, count: 15)) == nil)
        #expect(violation(in: [Array("+".utf8)] + Array(repeating: piece, count: 16)) == "a line of more than 1048576 bytes")
        let returns = [UInt8](repeating: UInt8(ascii: "\r"), count: 64 << 10)
        #expect(violation(in: [Array("-".utf8)] + Array(repeating: returns, count: 17)) != nil)
    }

    @Test func refusesDeepNesting() throws {
        let eight = try replies(in: String(repeating: "*1\r\n", count: 8) + ":5\r\n")
        #expect(eight.first?.root[0][0][0][0][0][0][0][0].integer == 5)
        #expect(violation(in: String(repeating: "*1\r\n", count: 9) + ":5\r\n") != nil)
    }

    @Test func boundsAReplyThatGrowsInSmallPieces() {
        var limits = ReplyLimits()
        limits.bytes = 100
        #expect(violation(in: "*9\r\n" + String(repeating: "$20\r\naaaaaaaaaaaaaaaaaaaa\r\n", count: 6), limits: limits) != nil)
        limits.bytes = 1 << 20
        limits.nodes = 5
        #expect(violation(in: "*5\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n", limits: limits) != nil)
    }

    @Test func noticesATornStringAtTheNextReply() throws {
        // hiredis does not look at the line end behind a string, so the tear shows one reply later.
        #expect(try replies(in: "$3\r\nabcXX").count == 1)
        #expect(violation(in: "$3\r\nabcdef\r\n+OK\r\n") != nil)
    }

    @Test func readsManySmallRepliesFromOnePiece() throws {
        let count = 50_000
        let stream = Array(String(repeating: ":1\r\n", count: count).utf8)
        #expect(try replies(in: [stream]).count == count)
    }

    @Test func survivesNoise() {
        var noise = Noise(state: 0x5EED)
        let alphabet = Array("*$+-:0123456789\r\n\r\n\r\nab\u{0}".utf8)
        for _ in 0..<5_000 {
            let bytes = (0..<Int(noise.next() % 64)).map { _ in alphabet[Int(noise.next() % UInt64(alphabet.count))] }
            let cut = bytes.isEmpty ? 0 : Int(noise.next() % UInt64(bytes.count))
            let once = outcome(of: [bytes])
            #expect(outcome(of: [Array(bytes[..<cut]), Array(bytes[cut...])]) == once, "\(bytes)")
        }
    }

    private func outcome(of pieces: [[UInt8]]) -> [RedisReply]? {
        try? replies(in: pieces)
    }
}

/// SplitMix64: the same noise in every run.
struct Noise: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
