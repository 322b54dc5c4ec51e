import SluiceCore
import SluiceStore
import SluiceTesting
import Testing

/// Jobs that look again when it is worth it.
@Suite(.timeLimit(.minutes(10)))
struct PollingTests {
    /// Things that are watched, one after another, each by a job of its own.
    private final class Watch {
        let queue: LuaQueue
        let worker: ScriptedWorker
        private var time = 0
        private var number = 0

        init() async throws {
            queue = try await LuaQueue()
            worker = try await queue.worker(lease: .seconds(86_400))
        }

        /// Watches one thing that ends after so many ms; how often its job looked, and how long after the end the last time was.
        func look(for duration: Int, _ polling: AdaptivePolling) async throws -> (looks: Int, lag: Int) {
            let id = "job-\(number)"
            number += 1
            try await queue.add(id)
            #expect(try await worker.claim(1) == [id])
            let start = time
            for looks in 1... {
                try await worker.cycle(settling: [id], .poll(polling, name: "films"))
                guard let due = try await queue.redis("ZSCORE", "scheduled", id).flatMap({ Int($0) }) else { break }
                time = due - queue.start
                // Fences, from whose last digits the spread comes, are no multiples of a thousand.
                try await queue.setClock(microseconds: time * 1000 + number * 37 % 1000)
                #expect(try await worker.claim(1) == [id])
                if time - start >= duration {
                    try await worker.cycle(settling: [id])
                    return (looks, time - start - duration)
                }
            }
            Issue.record("\(id) is not scheduled")
            return (0, 0)
        }
    }

    private static let polling = AdaptivePolling(looks: 6, least: .milliseconds(500), most: .seconds(120))

    /// Durations of seconds to minutes: most are short, some are long, none ends at once.
    private func durations(_ count: Int) -> [Int] {
        var random = SplitMix(seed: 5)
        return (0..<count).map { _ in
            let isLong = Int.random(in: 0..<10, using: &random) < 3
            let spread = (0..<4).reduce(0) { sum, _ in sum + Int.random(in: -1000...1000, using: &random) }
            return isLong ? 60_000 + 4 * spread : 8000 + spread
        }
    }

    @Test func fewerLooksAndLessDelayThanAtAnyFixedInterval() async throws {
        let watch = try await Watch()
        let all = durations(170)
        for duration in all.prefix(50) { _ = try await watch.look(for: duration, Self.polling) }
        var looks = 0
        var lags: [Int] = []
        for duration in all.dropFirst(50) {
            let (count, lag) = try await watch.look(for: duration, Self.polling)
            looks += count
            lags.append(lag)
        }
        lags.sort()
        let (mean, p95) = (Double(looks) / Double(lags.count), lags[lags.count * 95 / 100])
        #expect((5...7.5).contains(mean), "\(mean)")
        // At an interval at which jobs look as often, or less, the end is found later; at one at which it is found as soon, they
        // look more often.
        for interval in stride(from: 500, through: 20_000, by: 500) {
            let counts = all.dropFirst(50).map { ($0 + interval - 1) / interval }
            let late = all.dropFirst(50).map { ($0 + interval - 1) / interval * interval - $0 }.sorted()
            let (fixedMean, fixed95) = (Double(counts.reduce(0, +)) / Double(lags.count), late[lags.count * 95 / 100])
            #expect(fixedMean > mean || fixed95 > p95, "\(interval): \(fixedMean) and \(fixed95) against \(mean) and \(p95)")
            if fixedMean <= mean { #expect(Double(p95) < 0.8 * Double(fixed95), "\(interval): \(p95) against \(fixed95)") }
        }
        #expect(try await watch.queue.audit() == [])
        // A line of a few hundred bytes, whatever the number of jobs.
        #expect(try await watch.queue.redis("HGET", "durations", "films").map { $0.utf8.count < 900 } == true)
        #expect(try await watch.queue.key("watched") == nil)
    }

    @Test func beforeAnythingIsKnownLooksComeEverMoreSlowlyWithinTheBounds() async throws {
        let watch = try await Watch()
        let slow = try await watch.look(for: 100_000, AdaptivePolling(looks: 6, least: .seconds(1), most: .seconds(10)))
        #expect((15...30).contains(slow.looks) && slow.lag < 11_000, "\(slow)")
        let quick = try await watch.look(for: 1, AdaptivePolling(looks: 6, least: .seconds(1), most: .seconds(10)))
        #expect(quick.looks == 1 && (800...1200).contains(quick.lag), "\(quick)")
    }

    /// What takes longer than anything before is not left alone for as long as may be.
    @Test func beyondAllThatIsKnownLooksComeAsBeforeAnythingIsKnown() async throws {
        let watch = try await Watch()
        for number in 0..<40 { _ = try await watch.look(for: 4000 + number * 10, Self.polling) }
        let late = try await watch.look(for: 30_000, Self.polling)
        #expect((8...20).contains(late.looks) && late.lag < 12_000, "\(late)")
    }

    @Test func whatChangesIsLearntAnew() async throws {
        let watch = try await Watch()
        for duration in durations(40) { _ = try await watch.look(for: duration, Self.polling) }
        // From now on everything takes ten times as long.
        for duration in durations(100) { _ = try await watch.look(for: 10 * duration, Self.polling) }
        var looks = 0
        for duration in durations(25) { looks += try await watch.look(for: 10 * duration, Self.polling).looks }
        #expect(looks < 25 * 12, "\(looks)")
    }

    @Test func onlyWhatCompletesIsLearnt() async throws {
        let queue = try await LuaQueue()
        try await queue.add("a", "b", "c", "d")
        let worker = try await queue.worker()
        let polling = Settlement.Outcome.poll(Self.polling, name: "films")
        try await worker.cycle(4)
        try await worker.cycle(0, settling: ["a", "b", "c", "d"], polling)
        try await queue.advance(3)
        #expect(try await worker.claim(4).count == 4)
        try await worker.cycle(0, settling: ["a"], .discarded(error: "1"))
        try await worker.cycle(0, settling: ["b"], .cancelled(error: "1"))
        try await worker.cycle(0, settling: ["c"], .retry(after: .seconds(60), error: "1"))
        #expect(try await queue.fcall(["delete", "c"]).contains("deleted"))
        #expect(try await queue.key("durations") == nil)
        try await worker.cycle(0, settling: ["d"])
        #expect(try await queue.redis("HGET", "durations", "films")?.hasPrefix("1.000 ") == true)
        #expect(try await queue.key("watched") == nil)
        #expect(try await queue.audit() == [])
    }

    /// What reaches the library from a worker of another version, or by hand.
    @Test(arguments: ["", "x", "6", "6 1000 500 films", "0 0 0 ", "99999 1 1 a b c"])
    func whateverStandsInAPollTheJobComesBack(detail: String) async throws {
        let queue = try await LuaQueue()
        try await queue.add("a")
        let worker = try await queue.worker()
        let job = try #require(try await worker.cycle(1).jobs.first)
        _ = try await queue.fcall(
            ["cycle", worker.id.text, "1", "2", "0", "12000", "\(job.fence)", "poll", "1", "1", "a", detail])
        #expect(try await queue.state("a") == "scheduled")
        try await queue.advance(300)
        #expect(try await queue.worker("other").claim(1) == ["a"])
    }
}
