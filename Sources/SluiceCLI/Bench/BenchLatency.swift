import SluiceCore

/// The measurement of a lone job.
extension BenchModes {
    /// Measures from the call of `enqueue` to the first line of the handler, one job at a time, with the worker idle. Before each
    /// job, a PING to the idle server is measured.
    func latency(_ result: inout BenchResult) async throws {
        var rounds = BenchRounds()
        let request = try request(0, "bench-latency")
        try await withIdleWorker("bench-latency") { idle in
            for _ in 0..<BenchRounds.count {
                var (pings, jobs): ([Double], [Double]) = ([], [])
                for _ in 0..<idleSamples {
                    pings.append(try await idle.ping())
                    jobs.append(try await idle.job(request))
                }
                rounds.note("latency_ping_p50_ms", BenchSpread(pings)?.median)
                rounds.note("latency_p50_ms", BenchSpread(jobs)?.median)
                rounds.note("latency_p99_ms", BenchSpread(jobs)?.p99)
            }
        }
        let ping = BenchFloor("latency_ping_p50_ms", "PING")
        result.add("latency_ping_p50_ms", rounds, "idle: PING, median", "ms", digits: 3)
        let title = "idle: enqueue to start of the handler, median"
        result.add("latency_p50_ms", rounds, title, "ms", digits: 3, floor: ping)
        result.add("latency_p99_ms", rounds, "  99th percentile", "ms", digits: 3, floor: ping)
    }
}
