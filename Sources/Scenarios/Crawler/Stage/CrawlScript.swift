import ScenarioSupport
import Sluice
import SluiceInspector
import SluiceTesting

/// What happens in the course of a crawl, by the portion before which it happens.
struct CrawlScript {
    let stage: CrawlStage

    /// Plays it all, and gathers what is known then.
    static func evidence(
        _ scale: Scale, asOriginal: Bool, seed: UInt64, on server: RedisTestServer
    ) async throws -> Evidence {
        let started = ContinuousClock.now
        let stage = try await CrawlStage(scale, asOriginal: asOriginal, seed: seed, on: server)
        do {
            try await stage.open()
            do {
                try await CrawlScript(stage: stage).play()
            } catch is Stalled {
                stage.evidence.stalled = true
                stage.say("has stopped")
                try await stage.audit()
            }
            try await Gathering(stage: stage).gather()
            await stage.close()
        } catch {
            await stage.close()
            throw error
        }
        stage.evidence.elapsed = ContinuousClock.now - started
        return stage.evidence
    }

    private func play() async throws {
        for portion in 0..<Scale.portions {
            try await before(portion)
            try await stage.announce(portion)
        }
        try await Ending(stage: stage).play()
    }

    private func before(_ portion: Int) async throws {
        let outages = Outages(stage: stage)
        switch portion {
        case 0:
            try await Trials(stage: stage).twins()
            try await Trials(stage: stage).killer()
        case 2: try await Trials(stage: stage).pause()
        case 4, 8, 18: try await kill()
        case 6: try await outages.begin()
        case 11: try await outages.end()
        case 13: try await outages.reject()
        case 14: try await outages.accept()
        case 15: try await outages.switchOff()
        case 16: try await outages.switchOn()
        case 17: try await Operator(stage: stage).play()
        default: break
        }
    }

    private func kill() async throws {
        await stage.crew.killOne()
        stage.say("killed a worker")
        try await stage.audit()
    }
}
