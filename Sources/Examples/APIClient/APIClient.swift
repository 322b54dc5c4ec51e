// Calls of an API that allows five in a second and is not always there.
//
//     swift run example-api-client http://127.0.0.1:9000 Berlin Oslo
//
// SLUICE_REDIS_URL names the Redis. The rate holds over all workers that declare it. While the API is down, its breaker
// is open: jobs wait and spend no attempts, and one job at a time tries whether the API is back.

import AsyncHTTPClient
import Foundation
import Logging
import NIOCore
import NIOHTTP1
import ServiceLifecycle
import Sluice
import SluiceWorker

struct Forecast: Job {
    static let kind = "forecast"
    static let options = JobOptions(
        queue: "forecasts", maxAttempts: 3, timeout: .seconds(20), keepsResult: true, needs: ["weather"])
    typealias Output = String
    var city: String
}

@main
struct APIClient {
    /// Limits name the dependency that jobs need. The breaker opens after 3 failures, for a second.
    static let forecasts = Queue(
        "forecasts", concurrency: 4,
        limits: [
            .rate(5, per: .seconds(1), partition: "weather"),
            .breaker(partition: "weather", opensAfter: 3, within: .seconds(30), coolsFor: .seconds(1)),
        ])

    static func main() async throws {
        let words = CommandLine.arguments.dropFirst()
        guard let api = words.first else {
            print("usage: example-api-client URL CITY...")
            exit(2)
        }
        let url = ProcessInfo.processInfo.environment["SLUICE_REDIS_URL"] ?? "redis://127.0.0.1:6379"
        let sluice = try await SluiceClient(.url(url))
        let services = ServiceGroup(
            services: [sluice, caller(of: api, sluice)], gracefulShutdownSignals: [], logger: Logger(label: "example-api-client"))
        async let serving: Void = services.run()
        for line in try await lines(for: Array(words.dropFirst()), sluice) { print(line) }
        await services.triggerGracefulShutdown()
        try await serving
    }

    static func caller(of api: String, _ sluice: SluiceClient) -> Worker {
        let worker = Worker(sluice, queues: [forecasts])
        worker.handle(Forecast.self) { (job, _) -> String in try await Self.forecast(for: job.city, from: api) }
        return worker
    }

    static func forecast(for city: String, from api: String) async throws -> String {
        let path = city.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? city
        let response: HTTPClientResponse
        let text: String
        do {
            response = try await HTTPClient.shared.execute(HTTPClientRequest(url: "\(api)/\(path)"), timeout: .seconds(5))
            text = String(buffer: try await response.body.collect(upTo: 65_536))
        } catch {
            try Task.checkCancellation()
            throw DependencyUnavailable("weather", reason: "no answer: \(error)")
        }
        switch response.status.code {
        case 200: return text
        // The job's own fault: the breaker is not concerned, and no further attempt can help.
        case 404: throw JobInterruption.discard(reason: "the API does not know \(city)")
        // The API's fault. It may say when to come again.
        case let code:
            let seconds = response.headers.first(name: "retry-after").flatMap { Int($0) }
            throw DependencyUnavailable("weather", retryAfter: seconds.map { .seconds($0) }, reason: "it answered \(code)")
        }
    }

    static func lines(for cities: [String], _ sluice: SluiceClient) async throws -> [String] {
        let jobs = try await sluice.enqueue(each: cities.map { Forecast(city: $0) })
        var lines: [String] = []
        for (city, job) in zip(cities, jobs) {
            do {
                lines.append("\(city): \(try await sluice.result(of: job, timeout: .seconds(120)))")
            } catch let error as JobFailed {
                lines.append("\(city): \(error.reason)")
            }
        }
        return lines
    }
}
