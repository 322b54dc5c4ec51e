import ScenarioSupport
import SluiceCore
import SluiceInspector
import SluiceTesting
import Subprocess
import Synchronization
import Testing

/// `example-api-client` waits for an API that is down, without spending attempts.
@Suite(.timeLimit(.minutes(10)))
struct APIClientExampleTests {
    private final class Calls: Sendable {
        private let count = Mutex(0)

        /// Down for the first four calls.
        func answer(to path: String) -> HTTPServer.Answer {
            let number = count.withLock { count in
                count += 1
                return count
            }
            if number <= 4 { return .status(503) }
            return path == "/Atlantis" ? .status(404) : .status(200, body: Array("sunny in \(path.dropFirst())".utf8))
        }

        var all: Int { count.withLock { $0 } }
    }

    @Test func anOutageSpendsNoAttempt() async throws {
        let program = try await Program("example-api-client")
        let calls = Calls()
        let api = try await HTTPServer { request in calls.answer(to: request.path) }
        let result = try await program(api.url, "Berlin", "Atlantis", "Oslo")
        await api.close()
        #expect(result.status == .exited(0), "\(result.error)")
        #expect(result.output == "Berlin: sunny in Berlin\nAtlantis: the API does not know Atlantis\nOslo: sunny in Oslo\n")
        #expect(calls.all == 7)
        let inspector = try Inspector(url: program.server.url)
        for job in try await inspector.jobs(matching: JobFilter(queues: ["forecasts"]), limit: 10).jobs {
            let details = try #require(try await inspector.job(job.id, in: "forecasts"))
            #expect(details.attempts == (details.state == .discarded ? 1 : 0), "\(details)")
        }
        await inspector.close()
    }

    @Test func withoutArgumentsItSaysHowItIsUsed() async throws {
        let result = try await Program("example-api-client")()
        #expect(result.status == .exited(2) && result.output.hasPrefix("usage: "), "\(result.output)")
    }
}
