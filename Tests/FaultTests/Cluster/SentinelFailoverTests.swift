import Hiredis
import SluiceCore
import TestSupport
import Testing

/// A primary behind three sentinels that is killed and demoted, and a sentinel that dies, while queues are busy.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct SentinelFailoverTests {
    @Test func aPrimaryIsKilledAndDemotedAndASentinelDies() async throws {
        let servers = try await SentinelFixture()
        let load = try await SpreadLoad(url: servers.url, queues: 3)
        for ack in ["batched", "confirmed"] { try await load.worker(ack: ack) }
        let producers = SteadyProducers(load)
        await load.progress()
        var book = FailoverBook()
        for _ in 0..<SpreadLoad.length {
            let first = try await servers.primary()
            try await book.note("killed", load.queues, load) {
                try await servers.kill(first)
                try await servers.successor(of: first)
            }
            try await servers.restart(first)
            await load.progress()
            try await demote(servers, load, &book)
            // Two sentinels of three still agree.
            try await servers.kill(servers.sentinels[0])
            let third = try await servers.primary()
            try await book.note("killed with a sentinel", load.queues, load) {
                try await servers.kill(third)
                try await servers.successor(of: third)
            }
            try await servers.restart(third)
            try await servers.restart(servers.sentinels[0])
            await load.progress()
        }
        await producers.stop()
        try await load.settle()
        try await book.expectKept(producers, load)
        try await load.expectSound()
    }

    /// By hand, with the sentinels' good will: right after a failover they refuse another one.
    private func demote(_ servers: SentinelFixture, _ load: SpreadLoad, _ book: inout FailoverBook) async throws {
        let old = try await servers.primary()
        let isWilling = await load.eventually {
            let reply = try await servers.send(["SENTINEL", "FAILOVER", SentinelFixture.name], to: servers.sentinels[1])
            return reply.root.string == "OK"
        }
        #expect(isWilling)
        try await book.note("changed by hand", load.queues, load) { try await servers.successor(of: old) }
    }
}
