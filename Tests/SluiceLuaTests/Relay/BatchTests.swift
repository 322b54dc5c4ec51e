import Hiredis
import SluiceCore
import SluiceStore
import SluiceTesting
import Testing

/// What a batch keeps and tells, call by call; every call repeated.
@Suite(.timeLimit(.minutes(10)))
struct BatchTests {
    private func opened(_ callbacks: String...) async throws -> LuaQueue {
        let batch = try await LuaQueue("batch.b")
        let arguments = callbacks.flatMap { [$0, "work\n\n{}"] }
        for _ in 0..<2 { #expect(try await batch.fcall(["batch", "open", "name"] + arguments) == "[[T+0, 0, 0], []]") }
        return batch
    }

    @Test func aMemberCountsOnceHoweverOftenAndInWhateverOrderItIsHeardOf() async throws {
        let batch = try await opened("completed")
        _ = try await batch.fcall(["batch", "done", "completed", "early"])
        for _ in 0..<2 { _ = try await batch.fcall(["batch", "add", "early", "late"]) }
        for _ in 0..<2 { _ = try await batch.fcall(["batch", "seal"]) }
        #expect(try await batch.key("pending") == "late")
        _ = try await batch.fcall(["batch", "done", "completed", "early"])
        #expect(try await batch.redis("HGET", "state", "completed") == "1")
        for _ in 0..<2 {
            #expect(
                try await batch.fcall(["batch", "done", "completed", "late", "early"])
                    == "[[T+0, 1, 0], [completed, work\n\n{}]]")
        }
        #expect(try await batch.redis("HGET", "state", "completed") == "2")
        // Until the callback is known to have arrived, everybody who asks is told of it; then nobody is.
        #expect(try await batch.fcall(["batch", "tend"]) == "[[T+0, 1, 0], [completed, work\n\n{}]]")
        for _ in 0..<2 { #expect(try await batch.fcall(["batch", "fired", "completed"]) == "[[T+0, 1, 0], []]") }
        #expect(try await batch.key("ended") == nil)
    }

    @Test func noEventOfAllFiresBeforeItIsSealed() async throws {
        let batch = try await opened("completed", "exhausted", "attempted", "failed")
        _ = try await batch.fcall(["batch", "add", "a", "b"])
        #expect(try await batch.fcall(["batch", "done", "completed", "a", "b"]) == "[[T+0, 0, 0], []]")
        #expect(try await batch.fcall(["batch", "done", "discarded", "c"]) == "[[T+0, 0, 1], [failed, work\n\n{}]]")
        _ = try await batch.fcall(["batch", "fired", "failed"])
        let sealed = try await batch.fcall(["batch", "seal"])
        #expect(sealed.contains("attempted") && sealed.contains("exhausted") && !sealed.contains("completed"))
    }

    @Test func aFinishedBatchTakesNoMembers() async throws {
        let batch = try await opened()
        #expect(try await batch.fcall(["batch", "seal"]) == "[[T+0, 1, 0], []]")
        #expect(try await batch.fcall(["batch", "add", "a"]).hasPrefix("batchEnded"))
        #expect(try await LuaQueue("batch.none").fcall(["batch", "seal"]).hasPrefix("batchEnded"))
        #expect(try await batch.fcall(["batch", "fly"]).hasPrefix("invalidArgument"))
    }
    @Test func callsThatMakeNoSenseAreRefusedAndNothingIsStored() async throws {
        let batch = try await opened("completed")
        _ = try await batch.fcall(["batch", "add", "a"])
        let many = (0...1000).map { "m\($0)" }
        for words in [
            ["batch"], ["batch", "add"], ["batch", "add"] + many, ["batch", "done", "lost", "a"], ["batch", "done", "completed"],
            ["batch", "done", "completed"] + many, ["batch", "fired"], ["batch", "close"],
        ] {
            try await batch.checkRefused(words, "invalidArgument")
        }
        let fresh = try await LuaQueue("batch.fresh", in: batch.queues)
        for words in [["batch", "open", "n", "finished", "x"], ["batch", "open", "n", "completed", "x", "failed"]] {
            try await fresh.checkRefused(words, "invalidArgument")
        }
        for key in ["batch.x y", "batch." + String(repeating: "x", count: 65), "batch.", "workflow.b"] {
            let reply = try await batch.fcall(["batch", "open", "n"], key: "\(batch.queues.namespace):{\(key)}")
            #expect(reply.hasPrefix("invalidArgument"), "\(key): \(reply)")
        }
        #expect(try await batch.fcall(["batch", "tend"]) == "[[T+0, 0, 0], []]")
    }
}
