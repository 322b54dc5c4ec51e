import Foundation
import Sluice
import SluiceCore
import SluiceInspector
import SluiceStore

/// Measures how far forecasts are from what happens.
extension BenchModes {
    /// How long the drain should take, in seconds, and the mean time of a job, in ms.
    private static let seconds = 30, takes = 100
    /// The parts of the backlog at which forecasts are made.
    private static let parts = [0.9, 0.7, 0.5, 0.3, 0.1]

    /// Drains a queue of jobs that take 50 to 150 ms, and asks for forecasts meanwhile.
    func forecast(_ result: inout BenchResult) async throws {
        let client = try await client()
        let inspector = Inspector(client.store)
        let queue: QueueName = "bench-forecast"
        let places = min(concurrency, 100) * processes
        let count = min(jobs, places * 1000 / Self.takes * Self.seconds)
        let workers = BenchWorkers(
            url: url, namespace: options.namespace, queue: queue, concurrency: min(concurrency, 100), takes: Self.takes)
        var made: [(share: Double, at: ContinuousClock.Instant, forecast: Forecast)] = []
        var end = ContinuousClock.now
        try await workers.run(processes) {
            try await wait(client, queue, on: workers) { $0["workers"] == "\(processes)" }
            _ = try await fill(count, queue, client)
            for share in Self.parts {
                try await wait(client, queue, on: workers) { Double($0["available"] ?? "") ?? 0 <= Double(count) * share }
                made.append((share, .now, try await inspector.forecast(of: queue)))
            }
            try await wait(client, queue, on: workers) { $0["available"] == "0" }
            end = .now
            try await wait(client, queue, on: workers) { $0["total_completed"] == "\(count)" }
        }
        let rows = made.map { BenchForecast(share: $0.share, forecast: $0.forecast, took: end - $0.at) }
        result.add("forecast", .array(rows.map(\.json)))
        result.add(lines: BenchForecast.table(rows).lines())
        try await empty(queue, client)
        await client.close()
    }
}

/// A forecast, and what happened.
struct BenchForecast {
    /// The part of the backlog that was left.
    var share: Double
    var forecast: Forecast
    /// The time until no job waited.
    var took: Duration

    private var range: ClosedRange<Duration>? {
        guard case .drains(let range) = forecast.answer else { return nil }
        return range
    }

    /// The relative distance of the middle of the range; nil without one.
    var error: Double? {
        range.map { ($0.lowerBound + $0.upperBound).seconds / 2 / max(took.seconds, 0.001) - 1 }
    }

    /// Whether the range had the time in it.
    var isWithin: Bool { range?.contains(took) ?? false }

    var json: JSONValue {
        func seconds(_ duration: Duration?) -> JSONValue { duration.map { .number($0.seconds) } ?? .null }
        return [
            "left": .number(share), "backlog": .integer(forecast.backlog), "least_s": seconds(range?.lowerBound),
            "most_s": seconds(range?.upperBound), "took_s": seconds(took), "error": error.map { .number($0) } ?? .null,
            "within": .bool(isWithin), "text": .array(forecast.sentences.map(JSONValue.string)),
        ]
    }

    static func table(_ rows: [BenchForecast]) -> Table {
        var table = Table([
            .number("LEFT"), .number("BACKLOG"), .text("FORECAST"), .number("TOOK"), .number("ERROR"), .text("WITHIN"),
        ])
        for row in rows {
            table.append([
                String(format: "%.0f %%", row.share * 100), HumanText.number(row.forecast.backlog),
                row.range.map(HumanText.range) ?? row.forecast.answer.sentence, HumanText.duration(row.took),
                row.error.map { String(format: "%+.0f %%", $0 * 100) } ?? "-", row.isWithin ? "yes" : "no",
            ])
        }
        return table
    }
}
