import Sluice
import SluiceCore
import SluiceStore

/// The measurement of jobs that one client enqueues one by one.
extension BenchModes {
    /// A number of calls in flight.
    private struct Width {
        var calls: Int
        /// The divisor of the job count: fewer calls at a time take longer.
        var share: Int
        var floor: BenchFloor?
        var redisFloor: BenchFloor?
    }

    private static let widths = [
        Width(
            calls: 1, share: 10, floor: BenchFloor("ping_per_s", "PING"), redisFloor: BenchFloor("redis_us_hsets", "ten HSETs")),
        Width(calls: 8, share: 3),
        Width(calls: 64, share: 1, floor: BenchFloor("single_floor_per_s")),
    ]

    /// Enqueues from one client, with few and with many calls in flight. The floors are PING and ten HSETs, one at a time on the
    /// same connection, and lists.
    func single(_ result: inout BenchResult) async throws {
        let client = try await client()
        var rounds = BenchRounds()
        _ = try await enqueue(20, inFlight: 1, client)
        try await BenchFunction.lend(client, payload: payload) { function in
            for _ in 0..<BenchRounds.count {
                try await singleFloors(function, client, &rounds)
                for width in Self.widths {
                    let calls = try await enqueue(
                        BenchRounds.share(of: jobs / width.share), inFlight: width.calls, client)
                    rounds.note("single_\(width.calls)", calls)
                    rounds.note("redis_us_single_\(width.calls)", calls.stretch.redisMicroseconds)
                }
            }
        }
        addSingleFloors(rounds, &result)
        for width in Self.widths { add(width, rounds, &result) }
        try await empty("bench-single", client)
        await client.close()
    }

    private func enqueue(_ count: Int, inFlight: Int, _ client: SluiceClient) async throws -> BenchCalls {
        let text = text
        return try await BenchCalls.measure(count, inFlight: inFlight, on: client.store) { number in
            try await client.enqueue(BenchJob(number: number, text: text)) { $0.queue = "bench-single" }
        }
    }

    /// One round of the floors.
    private func singleFloors(
        _ function: BenchFunction?, _ client: SluiceClient, _ rounds: inout BenchRounds
    ) async throws {
        let count = BenchRounds.share(of: jobs / Self.widths[0].share)
        let store = client.store
        let ping = try await BenchCalls.measure(count, on: store) { _ in try await store.run(["PING"], node: nil) }
        rounds.note("ping", ping)
        rounds.note("redis_us_ping", ping.stretch.redisMicroseconds)
        if let function {
            let alone = try await BenchCalls.measure(count, on: store) { _ in try await function.call() }
            rounds.note("redis_us_hsets", alone.stretch.redisMicroseconds)
            rounds.note("redis_us_hsets_pipelined", try await function.pipelined(count).redisMicroseconds)
        }
        rounds.note("single_floor", try await lists(BenchRounds.share(of: jobs), client))
    }

    private func addSingleFloors(_ rounds: BenchRounds, _ result: inout BenchResult) {
        result.add("ping_per_s", rounds, "PING, one at a time", "calls/s", digits: 0)
        result.add("ping_p50_ms", rounds, "  median", "ms", digits: 3)
        result.add("redis_us_ping", rounds, "  Redis CPU", "µs/call")
        result.add("redis_us_hsets", rounds, "ten HSETs in a function, one call at a time, Redis CPU", "µs/call")
        result.add("redis_us_hsets_pipelined", rounds, "  \(Self.deep) calls in one flush, Redis CPU", "µs/call")
        addFloor("single_floor", rounds, &result)
    }

    private func add(_ width: Width, _ rounds: BenchRounds, _ result: inout BenchResult) {
        let calls = width.calls
        let title = "enqueue, one client, \(calls) in flight"
        result.add("single_\(calls)_per_s", rounds, title, "jobs/s", digits: 0, floor: width.floor)
        result.add("redis_us_single_\(calls)", rounds, "  Redis CPU", "µs/job", floor: width.redisFloor)
        result.add("single_\(calls)_p50_ms", rounds, "  median", "ms", digits: 3)
        result.add("single_\(calls)_p99_ms", rounds, "  99th percentile", "ms", digits: 3)
        result.add("single_\(calls)_p999_ms", rounds, "  99.9th percentile", "ms", digits: 3)
    }
}

extension BenchRounds {
    /// Notes the rate and the durations of one round of calls.
    fileprivate mutating func note(_ name: String, _ calls: BenchCalls) {
        note("\(name)_per_s", calls.stretch.perSecond)
        note("\(name)_p50_ms", calls.spread?.median)
        note("\(name)_p99_ms", calls.spread?.p99)
        note("\(name)_p999_ms", calls.spread?.p999)
    }
}
