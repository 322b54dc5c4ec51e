import Foundation
import SluiceCore
import SluiceStore
import SluiceTesting
import Testing

/// What workers say of their runs, whatever they say: those of other languages make the texts themselves.
@Suite(.timeLimit(.minutes(10)))
struct SettlementBoundTests {
    private struct Line: Decodable {
        struct Details: Decodable {
            var type: String?
            var message: String
        }

        var error: Details
    }

    private let queue: LuaQueue

    init() async throws { queue = try await LuaQueue() }

    /// The line that the history keeps of a run which ended with an error.
    private func kept(_ error: String, of id: String = "a") async throws -> String {
        try await queue.add(id)
        let worker = try await queue.worker("w" + id)
        _ = try await worker.claim(1)
        try await worker.cycle(settling: [id], .discarded(error: error))
        return try #require(try await queue.redis("HGET", "errors", id))
    }

    private func error(_ line: String) throws -> String {
        struct Text: Decodable { var error: String }
        return try JSONDecoder().decode(Text.self, from: Data(line.utf8)).error
    }

    @Test(arguments: [#""why""#, #"{"type":"t","message":"a\nb"}"#, "5", "null", #"{"message":"\u0000\/"}"#])
    func anErrorThatIsJSONIsKeptAsItIs(text: String) async throws {
        #expect(try await kept(text).hasSuffix(#""error":\#(text)}"#))
    }

    @Test(arguments: [
        ("it broke", "it broke"), ("\"half", "\"half"), ("two\nlines", "two\nlines"), ("\"say\" \"more\"", "\"say\" \"more\""),
    ])
    func anErrorThatIsNoJSONBecomesAText(text: String, expected: String) async throws {
        let line = try await kept(text)
        #expect(try error(line) == expected)
    }

    @Test func anErrorOnSeveralLinesIsKeptOnOne() async throws {
        let line = try await kept("{\n\"type\": \"t\",\n\"message\": \"m\", \"more\": 1}")
        #expect(!line.contains("\n"))
        let found = try JSONDecoder().decode(Line.self, from: Data(line.utf8)).error
        #expect(found.type == "t" && found.message == "m")
    }

    @Test func aLongErrorIsCut() async throws {
        let long = String(repeating: "ä€", count: 20_000)
        let first = try await kept("\"\(long)\"")
        let text = try error(first)
        #expect(text.hasSuffix("…") && long.hasPrefix(text.dropLast()) && (4090...4099).contains(text.utf8.count))
        let line = try await kept(#"{"type":"\#(long)","message":"\#(long)","more":[1]}"#, of: "b")
        let found = try JSONDecoder().decode(Line.self, from: Data(line.utf8)).error
        #expect(long.hasPrefix(found.message.dropLast()) && long.hasPrefix(found.type?.dropLast() ?? "-"))
        #expect(line.utf8.count < 10_000)
    }

    @Test func whatASwiftWorkerTellsAtMostIsNotCut() async throws {
        let text = String(repeating: "\\u0001", count: 4096)
        let error = #"{"type":"\#(text)","message":"\#(text)"}"#
        #expect(try await kept(error).hasSuffix(#""error":\#(error)}"#))
    }

    @Test func theSameErrorOfAWaitIsKeptOnce() async throws {
        try await queue.add("a")
        let worker = try await queue.worker()
        for _ in 0..<3 {
            _ = try await worker.claim(1)
            try await worker.cycle(settling: ["a"], .wait(base: .seconds(1), cap: .seconds(1), error: "no\nJSON"))
            try await queue.advance(2)
        }
        #expect(try await queue.redis("HGET", "errors", "a")?.split(separator: "\n").count == 1)
    }

    @Test func aResultAboveTheBoundIsRefusedAndTheRunGoesOn() async throws {
        try await queue.add("a", "b")
        let worker = try await queue.worker()
        _ = try await worker.claim(2)
        let before = try await queue.dump()
        let large = [UInt8](repeating: 0x31, count: Settlement.largestResult + 1)
        let settlements = ["b", "a"].map {
            Settlement(
                id: JobID(known: $0), fence: worker.running[JobID(known: $0)] ?? Fence(1),
                outcome: .completed(result: $0 == "a" ? large : [0x31]))
        }
        let cycle = Cycle(worker: worker.id, session: 1, call: 2, demand: 0, idle: .seconds(12), settlements: settlements)
        let error = await #expect(throws: SluiceError.self) { try await queue.call(cycle) }
        #expect(error?.code == .invalidArgument && error?.message.contains("67108864 bytes") == true)
        #expect(try await queue.dump() == before)
        try await worker.cycle(settling: ["a", "b"], .completed(result: [0x31]))
        #expect(try await queue.status("completed") == 2)
    }

    @Test func aNoteIsAJSONStringAndALongOneIsCut() async throws {
        try await queue.add("a")
        let worker = try await queue.worker()
        _ = try await worker.claim(1)
        let fence = try #require(worker.running[JobID(known: "a")]).description
        func note(_ text: String) async throws -> String? {
            let reply = try await queue.fcall(["progress", "w", "a", fence, "0.5", text])
            guard reply == "1" else { return reply }
            struct Column: Decodable { var note: String }
            let column = try #require(try await queue.redis("HGET", "progress", "a"))
            return try JSONDecoder().decode(Column.self, from: Data(column.utf8)).note
        }
        #expect(try await note(#""a \"b\"""#) == "a \"b\"")
        for text in [#"5"#, "half", #"{"a":1}"#, #""x","y":"z""#, "\"\u{1}\"", "\"half"] {
            #expect(try await note(text)?.contains("the note must be a JSON string") == true, "\(text)")
        }
        let long = String(repeating: "€", count: 20_000)
        let kept = try #require(try await note("\"\(long)\""))
        #expect(long.hasPrefix(kept.dropLast()) && kept.hasSuffix("…") && kept.utf8.count <= 4099)
    }
}
