import Foundation
import SluiceCore
import SluiceStore
import Testing

@testable import SluiceInspector

/// Limits, dependencies and explanations of a real queue.
@Suite(.timeLimit(.minutes(10)))
struct LimitsTests {
    private func codes(_ text: String, _ fixture: Fixture) async throws -> [String] {
        try #require(try await fixture.inspector.explain(id(text), in: "mail")).reasons.map(\.code)
    }

    @Test func aQueueWithoutLimitsHasNone() async throws {
        let fixture = try await Fixture()
        #expect(try await fixture.inspector.limits().isEmpty)
        let limits = try await fixture.inspector.limits(of: "mail")
        #expect(limits.declared.isEmpty && limits.overrides.isEmpty && limits.effective.isEmpty && limits.gates.isEmpty)
        #expect(limits.running == 0)
        #expect(limits.nextStart == nil)
        #expect(!limits.isMigrating)
        #expect(try await fixture.inspector.restrictions(of: "mail").isEmpty)
        #expect(try await fixture.inspector.dependencies().isEmpty)
        #expect(try await fixture.inspector.explain(id("none"), in: "mail") == nil)
    }

    @Test func whatIsDeclaredWhatIsChangedAndWhatCounts() async throws {
        let fixture = try await Fixture()
        _ = try await fixture.store.call(
            Declare(deploy: 7, limits: [.concurrency(12), .rate(40, per: .seconds(10), partition: "host")]), on: "mail")
        let changed = try await fixture.inspector.override("concurrency", to: "3", in: "mail", for: .seconds(600))
        #expect(changed == QueueLimits.Setting(name: "concurrency", value: "3"))
        try await fixture.inspector.override("concurrency/host=a b", to: "none", in: "mail")
        let limits = try #require(try await fixture.inspector.limits().first)
        #expect(limits.queue == "mail")
        #expect(limits.deploy == 7)
        #expect(limits.declared.map(\.name) == ["concurrency", "rate/host"])
        #expect(limits.effective("concurrency") == "3")
        #expect(limits.effective("rate/host")?.hasPrefix("40/10000") == true)
        let override = try #require(limits.overrides.first { $0.setting.name == "concurrency" })
        let left = try #require(override.until).timeIntervalSince(limits.time)
        #expect(left > 590 && left <= 600)
        let lifted = try #require(limits.overrides.first { $0.setting.name == "concurrency/host=a%20b" })
        #expect(lifted.setting.value == "none")
        #expect(lifted.until == nil)
        #expect(try await fixture.inspector.restrictions(of: "mail").overrides.count == 2)
        #expect(try await fixture.inspector.restore("concurrency", in: "mail"))
        #expect(try await !fixture.inspector.restore("concurrency", in: "mail"))
        #expect(try await fixture.inspector.limits(of: "mail").effective("concurrency") == "12")
    }

    @Test func gatesTellWhoWaitsAndForWhat() async throws {
        let fixture = try await Fixture()
        try await fixture.join()
        _ = try await fixture.store.call(
            Declare(
                deploy: 0, limits: [.concurrency(1, partition: "account"), .rate(1, per: .seconds(600), partition: "host")]),
            on: "mail"
        )
        try await fixture.enqueue(["a", "b"], partitions: ["account": "42"])
        try await fixture.enqueue(["c", "d"], partitions: ["host": "x"])
        let runs = try await fixture.cycle(1, demand: 10).jobs
        #expect(Set(runs.map(\.id)) == [id("a"), id("c")])
        let gates = Dictionary(uniqueKeysWithValues: try await fixture.inspector.limits(of: "mail").gates.map { ($0.gate, $0) })
        let account = try #require(gates["account=42"])
        #expect(account.running == 1)
        #expect(account.concurrency == 1)
        #expect(account.lanesWaiting == 1)
        #expect(account.rate == nil)
        let host = try #require(gates["host=x"])
        #expect(host.concurrency == nil)
        let rate = try #require(host.rate)
        #expect(rate.used == 1 && rate.allowance == 1)
        #expect(rate.next > .seconds(100) && rate.next < .seconds(650))
        let one = try await fixture.inspector.limits(of: "mail", gate: "host=x").gates
        #expect(one.map(\.gate) == ["host=x"])

        let full = try #require(try await fixture.inspector.explain(id("b"), in: "mail"))
        guard case .gateConcurrency("account=42", 1, 1, let held)? = full.reasons.first else {
            Issue.record("\(full)")
            return
        }
        #expect(held.map(\.id) == [id("a")])
        #expect(held.first?.worker == fixture.worker)
        #expect(abs(try #require(held.first?.since).timeIntervalSince(full.time)) < 300)
        let spent = try #require(try await fixture.inspector.explain(id("d"), in: "mail"))
        guard case .gateRate("host=x", 1, .seconds(600), let next)? = spent.reasons.first else {
            Issue.record("\(spent)")
            return
        }
        #expect(next > spent.time.addingTimeInterval(550) && next < spent.time.addingTimeInterval(650))
        #expect(try await codes("a", fixture) == ["executing"])
        #expect(spent.reasons.allSatisfy { if case .other = $0 { false } else { true } })
    }

    @Test func aBreakerOpensAndIsSeen() async throws {
        let fixture = try await Fixture()
        try await fixture.join()
        try await fixture.enqueue(["a", "b"], needs: ["tmdb"])
        let runs = try await fixture.cycle(1, demand: 1).jobs
        let failure = Settlement.Outcome.unavailable(
            dependency: "tmdb", retryAfter: .seconds(600), maxWaits: nil, error: #"{"message":"away"}"#)
        try await fixture.cycle(2, demand: 10, [Settlement(id: runs[0].id, fence: runs[0].fence, outcome: failure)])
        let status = try #require(try await fixture.inspector.dependencies(of: "mail").first)
        #expect(status.name == "tmdb")
        #expect(status.offSince == nil)
        #expect(status.breaker == .open)
        #expect(!status.isAvailable)
        #expect(status.openUntil != nil)
        #expect(status.lanesWaiting == 1)
        #expect(try await fixture.inspector.restrictions(of: "mail").unavailable == [status])
        let waiting = try #require(try await fixture.inspector.explain(id("b"), in: "mail"))
        guard case .breaker("tmdb", .open, let until?, nil)? = waiting.reasons.first else {
            Issue.record("\(waiting)")
            return
        }
        #expect(until > waiting.time.addingTimeInterval(500))
        #expect(try await codes("a", fixture).first == "scheduled")
    }

    @Test func dependenciesAreSwitchedWhereAsked() async throws {
        let fixture = try await Fixture()
        try await fixture.enqueue(["a"], needs: ["tmdb"])
        try await fixture.store.register("other")
        let here = try await fixture.inspector.switchDependency("tmdb", on: false, in: "mail")
        #expect(here.queues == ["mail"] && here.isChanged && !here.isListed)
        #expect(try await fixture.inspector.dependenciesOff().isEmpty)
        let everywhere = try await fixture.inspector.switchDependency("tmdb", on: false)
        #expect(everywhere.queues == ["other"])
        #expect(everywhere.isListed)
        #expect(try await fixture.inspector.dependenciesOff() == ["tmdb"])
        #expect(try await codes("a", fixture).first == "off")
        let again = try await fixture.inspector.switchDependency("tmdb", on: false)
        #expect(!again.isChanged)
        let back = try await fixture.inspector.switchDependency("tmdb", on: true)
        #expect(back.queues == ["mail", "other"])
        #expect(try await fixture.inspector.dependenciesOff().isEmpty)
        #expect(try await codes("a", fixture).first != "off")
    }

    @Test func whatMakesNoSenseIsRefused() async throws {
        let fixture = try await Fixture()
        for (name, value) in [
            ("concurrency", "0"), ("rate", "5"), ("speed", "1"), ("breaker", "5/30s/20s"), ("rate/a b", "1/1s"),
        ] {
            let error = await #expect(throws: SluiceError.self) {
                try await fixture.inspector.override(name, to: value, in: "mail")
            }
            #expect(error?.code == .invalidArgument)
        }
        for name in ["", "a b", "a=b", String(repeating: "x", count: 33)] {
            let error = await #expect(throws: SluiceError.self) {
                try await fixture.inspector.switchDependency(name, on: false)
            }
            #expect(error?.code == .invalidArgument)
        }
        #expect(try await fixture.inspector.dependenciesOff().isEmpty)
    }
}
