import SluiceStore
import Testing

/// What `audit` says of chains whose data were damaged on purpose.
@Suite(.timeLimit(.minutes(10)))
struct ChainAuditTests {
    private static let damages: [(command: [String], found: String)] = [
        (["SADD", "gate:chain=r", "idle"], "I2 gate chain=r has idle, which holds no place there"),
        (["SADD", "gate:chain=r", "h0"], "I2 gate chain=r has h0, which holds no place there"),
        (["SADD", "gate:chain=r", "h0"], "I2 gate chain=r has 2 jobs, but a chain has one at a time"),
        (["HDEL", "place", "r0"], "I2 gate chain=r has r0, which holds no place there"),
        (["HDEL", "hold", "h0"], "I2 gate chain=h has h0, which holds no place there"),
        (["HDEL", "lane", "r0"], "I2 gate chain=r has r0, which holds no place there"),
        (["SREM", "gate:chain=r", "r0"], "I2 r0 kept its place, but does not hold chain=r"),
        (["SREM", "gate:chain=r", "r0"], "I4 gate chain=r is open and has parked lanes, but no look at it is due"),
        (["SREM", "gate:chain=h", "h0"], "I2 h0 kept its place, but does not hold chain=h"),
        (["SREM", "gate:chain=x", "x0"], "I2 x0 runs with a place at chain=x, which does not list it"),
    ]

    /// `r0` is retryable, `h0` discarded and holding, `x0` runs, each with one behind; `idle` is in no chain.
    @Test(arguments: damages.indices) func names(_ index: Int) async throws {
        let queue = try await LuaQueue()
        for chain in ["r", "h", "x"] {
            try await queue.add(chain + "0", chain + "1", options: #"{"lane":"chain=\#(chain)","hold":true}"#)
        }
        let worker = try await queue.worker()
        #expect(try await worker.claim(5).count == 3)
        try await worker.cycle(0, settling: ["r0"], .retry(after: .seconds(60), error: "1"))
        try await worker.cycle(5, settling: ["h0"], .discarded(error: "1"))
        try await queue.add("idle")
        #expect(try await queue.audit() == [])
        let (command, found) = Self.damages[index]
        try await queue.redis(command[0], command[1], command[2])
        #expect(try await queue.audit().contains(found), "\(command)")
    }
}
