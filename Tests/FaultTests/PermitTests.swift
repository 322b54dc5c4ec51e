import Foundation
import Hiredis
import SluiceCore
import SluiceTesting
import TestSupport
import Testing

/// Processes that hold permits of a semaphore, and die, freeze or lose their server.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct PermitTests {
    @Test func aHolderThatIsKilledIsFollowedByTheNext() async throws {
        let crowd = try await Crowd()
        let victim = try await crowd.process(milliseconds: 60_000)
        #expect(await crowd.logged("start", in: victim))
        let next = try await crowd.process(milliseconds: 1)
        #expect(await crowd.waiting(1))
        await victim.killAndWait()
        #expect(await crowd.logged("end", in: next))
        try crowd.expectOneAtATime()
    }

    @Test func aWaiterThatIsKilledKeepsNobodyWaiting() async throws {
        let crowd = try await Crowd()
        let holder = try await crowd.process(milliseconds: 3000)
        #expect(await crowd.logged("start", in: holder))
        let victim = try await crowd.process(milliseconds: 1)
        #expect(await crowd.waiting(1))
        await victim.killAndWait()
        let next = try await crowd.process(milliseconds: 1)
        #expect(await crowd.logged("end", in: next))
        #expect(crowd.entries(in: victim).isEmpty)
        try crowd.expectOneAtATime()
    }

    @Test func aHolderFrozenForLongerThanItsLeaseIsToldAndCancelled() async throws {
        let crowd = try await Crowd()
        let frozen = try await crowd.process(milliseconds: 60_000)
        #expect(await crowd.logged("start", in: frozen))
        let next = try await crowd.process(milliseconds: 50)
        #expect(await crowd.waiting(1))
        frozen.signal(SIGSTOP)
        #expect(await crowd.logged("end", in: next))
        frozen.signal(SIGCONT)
        #expect(await crowd.logged("fenced", in: frozen))
        let own = crowd.entries(in: frozen).filter { $0.word != "fenced" }
        #expect(own.prefix(2).map(\.word) == ["start", "cancelled"])
        let others = crowd.entries(in: next).map(\.fence)
        #expect(own[0].fence < (others.min() ?? 0))
    }

    @Test func manyProcessesUnderKillsAndOutagesNeverOverlap() async throws {
        let crowd = try await Crowd(limit: 2)
        var processes: [WorkerProcess] = []
        for _ in 0..<4 { processes.append(try await crowd.process(milliseconds: 5)) }
        for round in 1...4 {
            #expect(await crowd.ends(atLeast: round * 150))
            switch round {
            case 1, 3:
                await processes.removeFirst().killAndWait()
                processes.append(try await crowd.process(milliseconds: 5))
            case 2: try await crowd.server.restart()
            default: try await crowd.server.cli("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
            }
        }
        #expect(await crowd.ends(atLeast: 750))
        for process in processes { await process.killAndWait() }
        try crowd.expectOneAtATime()
        #expect(crowd.entries().filter { $0.word == "fenced" }.isEmpty)
    }
}

/// A server of its own, processes that share the semaphore `gpu`, and what they have written.
private final class Crowd: Sendable {
    struct Entry {
        var word: String
        var fence: UInt64
        var process: Int32
    }

    let server: RedisTestServer
    let queues: TestNamespace
    private let limit: Int
    private let path: String

    init(limit: Int = 1) async throws {
        server = try await RedisTestServer.start(.init(aof: true))
        queues = try await TestNamespace(on: server, clock: .server)
        path = server.directory + "/permits.log"
        self.limit = limit
    }

    func process(milliseconds: Int) async throws -> WorkerProcess {
        try await WorkerProcess(arguments: [
            "permits", server.url, queues.namespace.text, path, "\(limit)", "2000", "\(milliseconds)",
        ])
    }

    func entries(in process: WorkerProcess? = nil) -> [Entry] {
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard words.count == 4, let fence = UInt64(words[2]), let pid = Int32(words[3]) else { return nil }
            if let process, process.pid != pid { return nil }
            return Entry(word: String(words[0]), fence: fence, process: pid)
        }
    }

    func logged(_ word: String, in process: WorkerProcess) async -> Bool {
        await queues.eventually(in: "none") { self.entries(in: process).contains { $0.word == word } }
    }

    func ends(atLeast count: Int) async -> Bool {
        await queues.eventually(in: "none", within: .seconds(300)) { self.entries().count { $0.word == "end" } >= count }
    }

    func waiting(_ count: Int) async -> Bool {
        await queues.eventually(in: "none") {
            try await self.queues.command("ZCARD", "\(self.queues.namespace):{semaphore.gpu}:queue").root.integer == count
        }
    }

    /// In the order of the log no more than the limit were at work at a time; those that were killed count until the next fence
    /// that is more than a lease younger.
    func expectOneAtATime(sourceLocation: SourceLocation = #_sourceLocation) throws {
        let all = entries()
        let ended = Set(all.filter { $0.word == "end" || $0.word == "cancelled" }.map(\.fence))
        var present: [UInt64] = []
        var most = 0
        for entry in all {
            switch entry.word {
            case "start":
                present.removeAll { $0 + 900_000 < entry.fence && !ended.contains($0) }
                present.append(entry.fence)
                most = max(most, present.count)
            case "end", "cancelled": present.removeAll { $0 == entry.fence }
            default: continue
            }
        }
        #expect(most <= limit, sourceLocation: sourceLocation)
        let fences = all.filter { $0.word == "start" }.map(\.fence)
        #expect(Set(fences).count == fences.count, sourceLocation: sourceLocation)
        if limit == 1 { #expect(fences == fences.sorted(), sourceLocation: sourceLocation) }
    }
}
