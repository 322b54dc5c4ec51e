import Foundation
import Sluice
import SluiceCore
import SluiceInspector
import SluiceTesting
import TestSupport
import Testing

/// The drill of the runbook: files are copied under load, another Redis is made of the copy, and what may be lost or run again is
/// what the table there says, and no more.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct RestoreTests {
    /// What was known of the jobs when their server was lost.
    private struct Knowledge {
        /// Numbers of the jobs whose enqueue had returned before the copy began.
        var early: Range<Int>
        /// Numbers of the jobs that were enqueued while it went on.
        var during: Range<Int>
        /// Numbers of the jobs that were enqueued when it had ended.
        var late: Range<Int>
        /// Ids of the jobs that had completed before the copy began.
        var completedBefore: Set<String>
        /// Ids of the jobs that completed when it had ended.
        var completedAfter: Set<String>

        var numbers: Range<Int> { early.lowerBound..<late.upperBound }
        var ids: Set<String> { Self.ids(numbers) }

        static func ids(_ numbers: Range<Int>) -> Set<String> { Set(numbers.map { RestoreSide.id($0) }) }
    }

    @Test func anAppendOnlyFileThatIsCopiedUnderLoad() async throws {
        let files = try RestoreFiles()
        let old = try await RestoreSide(try await RedisTestServer.start(.init(aof: true)))
        let known = try await loseServer(old, files, copying: "backup: append-only file")

        let server = try await RedisTestServer.start(.init(aof: true))
        try await server.stop()
        try await files.run("restore: append-only file", on: server)
        try await server.restart()
        try await expectRestored(known, on: server, like: old, files)
    }

    @Test func aSnapshotThatIsTakenUnderLoad() async throws {
        let files = try RestoreFiles()
        let old = try await RestoreSide(try await RedisTestServer.start(.init(aof: true)))
        let known = try await loseServer(old, files, copying: "backup: snapshot")

        let server = try await RedisTestServer.start()
        try await server.stop()
        try await files.run("restore: snapshot", on: server)
        try await server.restart()
        try await files.run("restore: append again", on: server)
        #expect(try await server.cli("INFO", "persistence").contains("aof_enabled:1"))
        try await expectRestored(known, on: server, like: old, files)
    }

    /// Why the runbook has a snapshot restored without the append-only file.
    @Test func aServerThatAppendsDoesNotReadASnapshot() async throws {
        let files = try RestoreFiles()
        let old = try await RedisTestServer.start(.init(aof: true))
        try await old.cli("SET", "k", "v")
        try await files.run("backup: snapshot", on: old)
        let server = try await RedisTestServer.start(.init(aof: true))
        try await server.stop()
        try await files.run("restore: snapshot", on: server)
        try await server.restart()
        #expect(try await server.cli("DBSIZE") == "0")
    }

    /// No rewrite exchanges the files in the middle of a copy, and the setting is as it was afterwards.
    @Test func theSettingForRewritesIsAsItWas() async throws {
        let files = try RestoreFiles()
        let server = try await RedisTestServer.start(.init(aof: true, config: ["auto-aof-rewrite-percentage 70"]))
        try await server.cli("SET", "k", "v")
        try await files.run("backup: append-only file", on: server)
        #expect(try await server.cli("CONFIG", "GET", "auto-aof-rewrite-percentage").hasSuffix("\n70"))
        #expect(FileManager.default.fileExists(atPath: files.copy + "/appendonlydir/appendonly.aof.manifest"))
    }

    // MARK: Steps

    /// Copies the files of a server while a client enqueues and a worker runs, goes on for a while, and kills all.
    private func loseServer(_ side: RestoreSide, _ files: RestoreFiles, copying block: String) async throws -> Knowledge {
        let early = 0..<3000
        #expect(try await side.enqueue(early) == early.count)
        let worker = try await side.worker(log: files.log)
        #expect(await side.completed(100))
        let completedBefore = try await side.ids([.completed])

        let end = Occurrences()
        async let enqueued = enqueueSteadily(from: early.upperBound, on: side, until: end)
        do {
            try await files.run(block, on: side.server)
        } catch {
            end.add()
            throw error
        }
        // What completes from here on is not in the copy.
        let completedThen = try await side.ids([.completed])
        end.add()
        let next = try await enqueued
        let during = early.upperBound..<next
        let late = next..<next + 150
        #expect(try await side.enqueue(late) == late.count)
        #expect(await side.completed(completedThen.count + 100))
        let completedAfter = try await side.ids([.completed]).subtracting(completedThen)

        await worker.killAndWait()
        try await side.server.kill()
        await side.client.close()
        return Knowledge(
            early: early, during: during, late: late, completedBefore: completedBefore, completedAfter: completedAfter)
    }

    /// Enqueues ten jobs at a time until it is told to end. Returns the number of the next job.
    private func enqueueSteadily(from first: Int, on side: RestoreSide, until end: Occurrences) async throws -> Int {
        var next = first
        while end.count == 0, !Task.isCancelled {
            try await side.enqueue(next..<next + 10)
            next += 10
        }
        return next
    }

    /// Holds a restored server against what was known, lets producers repeat and a worker run, and looks at what ran again.
    private func expectRestored(
        _ known: Knowledge, on server: RedisTestServer, like old: RestoreSide, _ files: RestoreFiles
    ) async throws {
        // The library came with the data: no client has connected yet.
        #expect(try await server.cli("FUNCTION", "LIST").contains("sluice"))
        let side = try await RestoreSide(server, like: old)
        #expect(try await side.violations() == [])

        let there = try await side.ids()
        #expect(Knowledge.ids(known.early).subtracting(there) == [], "acknowledged before the copy, and lost")
        #expect(there.isDisjoint(with: Knowledge.ids(known.late)), "enqueued after the copy, and there")
        #expect(there.subtracting(known.ids) == [])
        let completed = try await side.ids([.completed])
        #expect(known.completedBefore.subtracting(completed) == [], "completed before the copy, and not now")
        #expect(!known.completedAfter.isEmpty && completed.isDisjoint(with: known.completedAfter))

        // Producers repeat all. Only what is not there is added.
        #expect(try await side.enqueue(known.numbers) == known.numbers.count - there.count)
        let worker = try await side.worker(log: files.log)
        #expect(await side.completed(known.numbers.count))
        worker.send(SIGTERM)
        #expect(await worker.hasEndedWell())
        #expect(try await side.ids([.completed]) == known.ids)
        #expect(try await side.violations() == [])
        expectRuns(known, files.fences())
        await side.client.close()
    }

    /// What completed before the copy ran once, what completed after it twice, with a higher fence.
    private func expectRuns(_ known: Knowledge, _ fences: [String: [UInt64]]) {
        #expect(Set(fences.keys) == known.ids)
        let again = known.completedBefore.filter { fences[$0]?.count != 1 }
        #expect(again == [], "completed before the copy, and ran again")
        let unrepeated = known.completedAfter.filter { fences[$0]?.count != 2 }
        #expect(unrepeated == [], "completed after the copy, and did not run again")
        for (id, all) in fences { #expect(all == all.sorted(), "\(id)") }
    }
}
