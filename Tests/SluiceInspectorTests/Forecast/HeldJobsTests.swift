import Foundation
import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceTesting
import Testing

/// Forecasts of a queue whose jobs need dependencies that cannot be used.
@Suite(.timeLimit(.minutes(10)))
struct HeldJobsTests {
    private func forecast(_ fixture: Fixture) async throws -> Forecast { try await fixture.inspector.forecast(of: "mail") }

    private func code(_ text: String, _ fixture: Fixture) async throws -> String? {
        try await fixture.inspector.explain(id(text), in: "mail")?.reasons.first?.code
    }

    @Test func aDependencyThatIsOffBinds() async throws {
        let fixture = try await Fixture()
        try await fixture.join()
        try await fixture.enqueue(["a", "b"], needs: ["tmdb"])
        try await fixture.inspector.switchDependency("tmdb", on: false, in: "mail")
        #expect(try await fixture.cycle(1, demand: 4).jobs.isEmpty)
        let stalled = try await forecast(fixture)
        #expect(stalled.answer == .stalled)
        #expect(stalled.bound == .off(dependency: "tmdb"))
        #expect(stalled.held == [Forecast.Held(.off(dependency: "tmdb"), lanes: 1)])
        #expect(stalled.whatIf?.bound == .off(dependency: "tmdb"))
        #expect(try await code("a", fixture) == "off")
        let text = stalled.sentences.joined(separator: "\n")
        #expect(text.hasPrefix("no job starts\n"))
        #expect(text.matches(of: /the dependency tmdb is switched off/).count == 1, "\(text)")
        let json = String(decoding: stalled.json.encoded(), as: UTF8.self)
        #expect(json.contains(#""held":[{"code":"off","dependency":"tmdb","lanes":1}]"#), "\(json)")

        // Jobs without needs run beside them.
        try await fixture.enqueue(["c", "d", "e", "f", "g"])
        #expect(try await fixture.cycle(2, demand: 4).jobs.count == 4)
        let partly = try await forecast(fixture)
        #expect(partly.bound == .places(4))
        #expect(partly.held == stalled.held)
        #expect(
            partly.sentences.contains("the jobs of 1 lane do not start: the dependency tmdb is switched off"),
            "\(partly.sentences)")

        try await fixture.inspector.switchDependency("tmdb", on: true, in: "mail")
        #expect(try await forecast(fixture).held.isEmpty)
    }

    @Test func anOpenBreakerOfADependencyBinds() async throws {
        let fixture = try await Fixture()
        try await fixture.join()
        try await fixture.enqueue(["a", "b"], needs: ["tmdb"])
        let run = try #require(try await fixture.cycle(1, demand: 1).jobs.first)
        let failure = Settlement.Outcome.unavailable(
            dependency: "tmdb", retryAfter: .seconds(600), maxWaits: nil, error: #"{"message":"away"}"#)
        try await fixture.cycle(2, demand: 4, [Settlement(id: run.id, fence: run.fence, outcome: failure)])
        let found = try await forecast(fixture)
        #expect(found.answer == .stalled)
        guard case .breaker("tmdb", let until?) = found.bound else {
            Issue.record("\(found.bound)")
            return
        }
        #expect(until > found.time.addingTimeInterval(500))
        #expect(found.held == [Forecast.Held(found.bound, lanes: 1)])
        #expect(found.sentences.contains { $0.hasPrefix("the breaker of tmdb is open for ") })
        #expect(try await code("b", fixture) == "breaker")
    }

    /// What a job can do without holds nothing.
    @Test func anOptionalNeedHoldsNothing() async throws {
        let fixture = try await Fixture()
        try await fixture.join()
        try await fixture.enqueue(["a", "b"], needs: [Dependency(text: "tmdb?")])
        try await fixture.inspector.switchDependency("tmdb", on: false, in: "mail")
        #expect(try await fixture.cycle(1, demand: 1).jobs.count == 1)
        #expect(try await forecast(fixture).held.isEmpty)
    }
}
