import Foundation
import ScenarioSupport
import Sluice
import SluiceInspector

/// Times in which the API, or a key, is not there.
struct Outages {
    let stage: CrawlStage

    /// The API refuses connections.
    func begin() async throws {
        let before = try await Trials(stage: stage).batch(0)
        stage.evidence.batches = (before, .zero)
        await stage.api.close()
        stage.evidence.outage = Evidence.Episode(from: RunLine.now(), to: .max, waiting: 0)
        stage.say("the API is down")
    }

    /// Everything that does not need the API ends; then it is back.
    func end() async throws {
        let during = try await Trials(stage: stage).batch(1)
        stage.evidence.batches?.during = during
        let waiting = try await stage.untilOthersEnded()
        try await stage.audit()
        try await finish(\.outage, waiting: waiting.count, others: 0, at: Scale.api) { try await stage.api.open() }
        try await untilAnswered(since: stage.evidence.outage?.to ?? 0)
        stage.say("the API is back")
    }

    /// The own key is refused.
    func reject() async throws {
        stage.api.reject(true)
        stage.evidence.rejection = Evidence.Episode(from: RunLine.now(), to: .max, waiting: 0)
        try await stage.until("the breaker had opened") { try await breaker(Scale.ownKey)?.breaker != .closed }
        stage.say("the key is refused")
    }

    func accept() async throws {
        let waiting = try await stage.live([Lookup.kind]).count
        try await finish(\.rejection, waiting: waiting, others: nil, at: Scale.ownKey) { stage.api.reject(false) }
        try await untilAnswered(since: stage.evidence.rejection?.to ?? 0)
        stage.say("the key is good")
    }

    /// An operator switches the API off.
    func switchOff() async throws {
        try await stage.inspector.switchDependency(Scale.api, on: false, in: CrawlStage.queue)
        try await stage.until("nothing used the API") { try await breaker(Scale.api)?.running == 0 }
        stage.evidence.off = Evidence.Episode(from: RunLine.now(), to: .max, waiting: 0)
        stage.say("the API is switched off")
    }

    func switchOn() async throws {
        // Those that can do without are done without; the others wait.
        var waiting: [JobSummary] = []
        try await stage.until("all went on that could") {
            waiting = try await stage.untilOthersEnded()
            return waiting.allSatisfy { Item.parts(of: $0.id.text).map { !Item(number: $0.number).isOptional } ?? true }
        }
        try await finish(\.off, waiting: waiting.count, others: 0, at: Scale.api) {
            try await stage.inspector.switchDependency(Scale.api, on: true, in: CrawlStage.queue)
        }
        try await untilAnswered(since: stage.evidence.off?.to ?? 0)
        stage.say("the API is switched on")
    }

    private func finish(
        _ episode: WritableKeyPath<Evidence, Evidence.Episode?>, waiting: Int, others: Int?, at dependency: String,
        _ end: () async throws -> Void
    ) async throws {
        guard var found = stage.evidence[keyPath: episode] else { return }
        let until = try await breaker(dependency)?.openUntil
        found.openUntil = until.map { Int($0.timeIntervalSince1970 * 1000) * 1000 }
        found.waiting = waiting
        found.others = others
        found.processes = await stage.crew.processes
        found.to = RunLine.now()
        stage.evidence[keyPath: episode] = found
        try await end()
    }

    private func breaker(_ name: String) async throws -> DependencyStatus? {
        try await stage.inspector.dependencies(of: CrawlStage.queue).first { $0.name == name }
    }

    /// Until a call with the own key was answered well.
    private func untilAnswered(since time: Int) async throws {
        var seen = 0
        try await stage.until("a call was answered") {
            let calls = stage.api.calls(from: seen)
            seen += calls.count
            return calls.contains { $0.time > time && $0.status == 200 && $0.key == Scale.ownKey }
        }
    }
}
