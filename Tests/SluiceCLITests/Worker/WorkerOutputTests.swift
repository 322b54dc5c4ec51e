import Foundation
import SluiceCore
import SluiceWorker
import Testing

@testable import SluiceCLI

/// What is kept of a child's output, and what its end means.
struct WorkerOutputTests {
    private func head(_ text: String, limit: Int = 1000) -> OutputHead {
        var head = OutputHead(limit: limit)
        for piece in Array(text.utf8).chunks(of: 7) { piece.withUnsafeBytes { head.append($0) } }
        return head
    }

    private func tail(_ text: String, limit: Int, pieces: Int = 7) -> String {
        var tail = OutputTail(limit: limit)
        for piece in Array(text.utf8).chunks(of: pieces) { piece.withUnsafeBytes { tail.append($0) } }
        return tail.text()
    }

    @Test(arguments: [
        ("", nil), ("\n\r\n", nil), ("{\"a\": 1}\n", "{\"a\": 1}"), ("12", "12"), ("null\n", "null"), ("\"x\"", "\"x\""),
        ("hello\nworld\n\n", #""hello\nworld""#), ("{\"a\":", #""{\"a\":""#), (" ", #"" ""#),
        ("9007199254740993", "9007199254740993"),
    ])
    func theResultIsJSONOrText(_ output: String, _ result: String?) {
        #expect(head(output).json().map { String(decoding: $0, as: UTF8.self) } == result)
    }

    private struct Truncated: Decodable {
        var truncated: Bool
        var bytes: Int
        var head: String
    }

    @Test func whatIsTooLongIsMarked() throws {
        let text = String(repeating: "äbc", count: 1000)
        let json = try #require(head(text, limit: 1001).json())
        let kept = try JSONDecoder().decode(Truncated.self, from: Data(json))
        #expect(json.count <= 1001)
        #expect(kept.truncated)
        #expect(kept.bytes == 4000)
        #expect(text.hasPrefix(kept.head))
        #expect(kept.head.utf8.count > 500)
    }

    @Test func whatQuotingMakesTooLongIsMarkedToo() throws {
        let json = try #require(head(String(repeating: "\u{1}", count: 900), limit: 1000).json())
        let kept = try JSONDecoder().decode(Truncated.self, from: Data(json))
        #expect(json.count <= 1000)
        #expect(kept.bytes == 900)
        #expect(!kept.head.isEmpty)
    }

    @Test(arguments: ["x", "\u{1}", "\"", "ä", "€", "😀", "\n"])
    func asMuchIsKeptAsFits(_ character: String) throws {
        let json = try #require(head(String(repeating: character, count: 5000)).json())
        let kept = try JSONDecoder().decode(Truncated.self, from: Data(json))
        #expect((995...1000).contains(json.count))
        #expect(kept.head.count > 100 && kept.head.allSatisfy { String($0) == character })
    }

    @Test func nothingIsLeftOfAHiddenValueThatACutGoesThrough() throws {
        let redaction = Redaction(["card"], in: Array(#"{"card":"sécret-number"}"#.utf8))
        for spelling in ["sécret-number", #"s\u00e9cret-number"#, #"s\\u00E9cret\\u002dnumber"#] {
            for cut in 1..<spelling.utf8.count {
                var tail = OutputTail(limit: 100 + cut, reach: redaction.reach)
                Array(("before " + spelling + String(repeating: "-", count: 100)).utf8).withUnsafeBytes { tail.append($0) }
                let end = tail.text(hiding: redaction).dropFirst()
                #expect("[redacted]".hasSuffix(end.prefix { $0 != "-" }), "\(end)")
                #expect(end.suffix(100).allSatisfy { $0 == "-" })
            }
            for place in 120...200 {
                var head = OutputHead(limit: 200, reach: redaction.reach)
                let text = String(repeating: "-", count: place) + spelling + String(repeating: "+", count: 1000)
                Array(text.utf8).withUnsafeBytes { head.append($0) }
                let kept = try JSONDecoder().decode(Truncated.self, from: Data(try #require(head.json(hiding: redaction))))
                #expect("[redacted]".hasPrefix(kept.head.drop { $0 == "-" }.prefix { $0 != "+" }), "\(kept.head)")
            }
        }
    }

    @Test func theBeginningOfALongResultHasNoHiddenFields() throws {
        let redaction = Redaction(["token"], in: Array("{}".utf8))
        let output = #"{"token":"new-one","text":""# + String(repeating: "x", count: 1000) + #"","token":"other"}"#
        let kept = try JSONDecoder().decode(Truncated.self, from: Data(try #require(head(output).json(hiding: redaction))))
        #expect(kept.head.hasPrefix(#"{"token":"[redacted]","text":"xxx"#))
    }

    private struct Bytes: Decodable {
        var truncated: Bool?
        var bytes: Int?
        var base64: Data
    }

    private func bytes(_ output: [UInt8], limit: Int, hiding redaction: Redaction = .none) throws -> (json: Int, kept: Bytes) {
        var head = OutputHead(limit: limit, reach: redaction.reach)
        output.withUnsafeBytes { head.append($0) }
        let json = try #require(head.json(hiding: redaction))
        return (json.count, try JSONDecoder().decode(Bytes.self, from: Data(json)))
    }

    @Test(
        arguments: [
            [0x61, 0xFF, 0x62], [0xFF], [0x0A, 0xC3, 0x0A], [0xED, 0xA0, 0x80], Array(0...255), [0x22, 0xE9, 0x22],
        ] as [[UInt8]])
    func bytesThatAreNoTextAreKeptAsTheyAre(output: [UInt8]) throws {
        let kept = try bytes(output, limit: 1000).kept
        #expect(Array(kept.base64) == output && kept.truncated == nil)
    }

    @Test(arguments: [100, 101, 750, 1000, 5000])
    func ofManyBytesThatAreNoTextAsMuchIsKeptAsFits(count: Int) throws {
        let output = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 | 0x80) }
        let (size, kept) = try bytes(output, limit: 1000)
        #expect(size <= 1000 && output.starts(with: kept.base64))
        #expect(kept.truncated == nil ? kept.base64.count == count : kept.bytes == count && kept.base64.count > 690)
    }

    @Test func inBytesThatAreNoTextWhatIsHiddenIsMasked() throws {
        let redaction = Redaction(["card"], in: Array(#"{"card":"secret-number"}"#.utf8))
        let output = Array("a secret-number ".utf8) + [0xFF]
        #expect(try Array(bytes(output, limit: 1000, hiding: redaction).kept.base64) == Array("a [redacted] ".utf8) + [0xFF])
    }

    @Test(arguments: [1, 3, 7, 1000])
    func theTailIsTheEnd(_ pieces: Int) {
        #expect(tail("", limit: 5, pieces: pieces) == "")
        #expect(tail(" ab \n", limit: 5, pieces: pieces) == "ab")
        #expect(tail("abcdefgh", limit: 5, pieces: pieces) == "…defgh")
        #expect(tail("abcdeä€xy", limit: 4, pieces: pieces) == "…xy")
        #expect(tail("abcdeä€xy", limit: 5, pieces: pieces) == "…€xy")
    }

    @Test func aTailOfGarbageIsNoLonger() {
        var tail = OutputTail(limit: 10)
        [UInt8](repeating: 0xFF, count: 8).withUnsafeBytes { tail.append($0) }
        Array("end".utf8).withUnsafeBytes { tail.append($0) }
        #expect(tail.text() == "…\u{FFFD}\u{FFFD}end")
    }

    private func result(_ status: ExecEnd.Status, _ output: String = "", _ errors: String = "") throws -> String {
        var tail = OutputTail(limit: 100)
        Array(errors.utf8).withUnsafeBytes { tail.append($0) }
        switch try ExecEnd(status: status, output: head(output), errors: tail).result(dependency: "tmdb") {
        case .completed(let output): return "completed " + (output.text.map { String(decoding: $0, as: UTF8.self) } ?? "-")
        case .retry(nil, let reason): return "retry " + reason
        case .discard(let reason): return "discard " + reason
        case .retry, .snooze, .cancel: return "?"
        }
    }

    @Test func exitStatusesDecide() throws {
        #expect(try result(.exited(0)) == "completed -")
        #expect(try result(.exited(0), "[1]", "noise") == "completed [1]")
        #expect(try result(.exited(65), "x", "bad data\n") == "discard the command exited with status 65: bad data")
        #expect(try result(.exited(75)) == "retry the command exited with status 75")
        #expect(
            try result(.exited(127), "", "sh: 1: frob: not found\n")
                == "retry the command exited with status 127 (from a shell: the command was not found): sh: 1: frob: not found")
        #expect(
            try result(.exited(126))
                == "retry the command exited with status 126 (from a shell: the command was found and cannot be executed)")
        #expect(try result(.exited(1), "", "a\nb") == "retry the command exited with status 1: a\nb")
        #expect(try result(.killed(signal: 11), "", "x") == "retry the command was killed by SIGSEGV: x")
        #expect(try result(.killed(signal: 40)) == "retry the command was killed by signal 40")
    }

    @Test func whatAChildFoundMissingIsNoFailureOfItsJob() {
        let error = #expect(throws: DependencyUnavailable.self) { try result(.exited(69), "x", "down\n") }
        #expect(error?.dependency == "tmdb")
        #expect(error?.retryAfter == nil)
        #expect(error?.description.contains("the command exited with status 69: down") == true)
    }

    @Test func aChildThatIsToldToEndCompletesByStatusZeroAndAResult() throws {
        var end = ExecEnd(status: .exited(0), output: head("x"), errors: OutputTail(limit: 10))
        end.wasInterrupted = true
        #expect(try end.result(dependency: "tmdb").isCompleted)
        // Many programs answer SIGTERM with 0 and nothing.
        end.output = head("\n")
        #expect(throws: CancellationError.self) { try end.result(dependency: "tmdb") }
        end.output = head("x")
        end.status = .exited(1)
        #expect(throws: CancellationError.self) { try end.result(dependency: "tmdb") }
        // What it waited for when it was told to end, it may name all the same.
        end.status = .exited(69)
        #expect(throws: DependencyUnavailable.self) { try end.result(dependency: "tmdb") }
    }
}

extension Outcome {
    fileprivate var isCompleted: Bool {
        guard case .completed = self else { return false }
        return true
    }
}

extension Array {
    fileprivate func chunks(of size: Int) -> [[Element]] {
        stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min($0 + size, count)]) }
    }
}
