import Foundation
import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceTesting
import Testing

/// Forecasts against what happens then, in virtual time.
@Suite(.timeLimit(.minutes(10)))
struct ForecastSimulationTests {
    /// The answer names a range with the time that it took; the range is not so wide that it says nothing.
    private static func expect(
        _ answer: Forecast.Answer, tells seconds: Double, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        guard case .drains(let range) = answer else {
            Issue.record("\(answer), but it took \(seconds) s", sourceLocation: sourceLocation)
            return
        }
        let (least, most) = (range.lowerBound / .seconds(1), range.upperBound / .seconds(1))
        #expect((least...most).contains(seconds), sourceLocation: sourceLocation)
        #expect(most <= 2 * least + 2, sourceLocation: sourceLocation)
    }

    @Test func aBacklogDrains() async throws {
        var drain = try await DrainSimulation(places: 10)
        try await drain.enqueue(800)
        #expect(try await drain.forecast().answer == .noData)
        var made: [(at: Int, forecast: Forecast)] = []
        var last: (at: Int, forecast: JobForecast)?
        for _ in 0..<6 {
            try await drain.run(for: 11_000)
            made.append((drain.now, try await drain.forecast()))
            if last == nil { last = try await drain.forecast(of: "j799").map { (drain.now, $0) } }
        }
        let end = try await drain.runUntilNoneWaits()
        for (at, forecast) in made {
            Self.expect(forecast.answer, tells: Double(end - at) / 1000)
            #expect(forecast.bound == .places(10))
            #expect(forecast.running == 10)
            let doubled = try #require(forecast.whatIf)
            #expect(doubled.places == 20)
            guard case .drains(let range) = doubled.answer, case .drains(let before) = forecast.answer else { continue }
            #expect(abs(range.lowerBound * 2 / before.lowerBound - 1) < 0.2)
        }
        let job = try #require(last)
        guard case .starts(let range) = job.forecast.answer else {
            Issue.record("\(job.forecast.answer)")
            return
        }
        #expect((range.lowerBound / .seconds(1)...range.upperBound / .seconds(1)).contains(Double(end - job.at) / 1000))
        #expect(try await drain.forecast().answer == .empty)
        #expect(try await drain.forecast().bound == .nothing)
        #expect(try await drain.forecast(of: "j0")?.answer == .ended(.completed))
        #expect(try await drain.forecast(of: "none") == nil)
    }

    @Test func aStreamThatIsTooFastGrows() async throws {
        var drain = try await DrainSimulation(places: 10)
        for _ in 0..<230 {
            try await drain.enqueue(13)
            try await drain.run(for: 1000)
        }
        guard case .grows(let perSecond) = try await drain.forecast().answer else {
            Issue.record("\(try await drain.forecast().answer)")
            return
        }
        #expect((2.0...4).contains(perSecond))
        // With as many places again it drains.
        guard case .drains = try await drain.forecast().whatIf?.answer else {
            Issue.record("\(String(describing: try await drain.forecast().whatIf))")
            return
        }
    }

    @Test func aSlowStreamDelaysTheEnd() async throws {
        var drain = try await DrainSimulation(places: 10)
        try await drain.enqueue(600)
        var made: [(at: Int, forecast: Forecast)] = []
        var end: Int?
        for second in 0..<400 where end == nil {
            try await drain.enqueue(5)
            try await drain.run(for: 1000)
            if second == 70 || second == 90 { made.append((drain.now, try await drain.forecast())) }
            if second > 90, try await drain.forecast().backlog <= 1 { end = drain.now }
        }
        let drained = try #require(end)
        for (at, forecast) in made {
            guard case .drains(let range) = forecast.answer else {
                Issue.record("\(forecast.answer)")
                continue
            }
            let took = Double(drained - at) / 1000
            #expect((range.lowerBound / .seconds(1)...range.upperBound / .seconds(1)).contains(took))
        }
    }

    @Test func lanesBind() async throws {
        var drain = try await DrainSimulation(places: 10)
        try await drain.declare("concurrency/account", "1")
        try await drain.enqueue(60, partitions: ["account": "a"])
        try await drain.enqueue(60, partitions: ["account": "b"])
        try await drain.run(for: 12_000)
        let at = drain.now
        let forecast = try await drain.forecast()
        #expect(
            forecast.bound == .lanes(gates: ["account=a", "account=b"])
                || forecast.bound == .lanes(gates: ["account=b", "account=a"]))
        Self.expect(forecast.answer, tells: Double(try await drain.runUntilNoneWaits() - at) / 1000)
    }

    @Test func aRateBinds() async throws {
        var drain = try await DrainSimulation(places: 10)
        try await drain.declare("rate", "20/10000/300")
        try await drain.enqueue(200)
        try await drain.run(for: 25_000)
        let at = drain.now
        let forecast = try await drain.forecast()
        #expect(forecast.bound == .rate(allowance: 20, period: .milliseconds(10_300)))
        #expect(forecast.whatIf?.answer == forecast.answer)
        Self.expect(forecast.answer, tells: Double(try await drain.runUntilNoneWaits() - at) / 1000)
    }
}
