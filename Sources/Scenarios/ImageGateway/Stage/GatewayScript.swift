import ScenarioSupport
import Sluice
import SluiceInspector
import SluiceTesting

/// What happens in the course of a run, by the portion of orders before which it happens.
struct GatewayScript {
    let stage: GatewayStage

    /// Plays it all, and gathers what is known then.
    static func evidence(_ scale: Scale, asOriginal: Bool, on server: RedisTestServer) async throws -> Evidence {
        let started = ContinuousClock.now
        let stage = try await GatewayStage(scale, asOriginal: asOriginal, on: server)
        do {
            try await stage.open()
            try await GatewayScript(stage: stage).play()
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
            if portion == 3 || portion == 7 {
                try await stage.expectDeaths(1)
                await stage.crew.killOne()
            }
            try await order(portion)
            try await stage.audit()
            stage.say("portion \(portion + 1) of \(Scale.portions) is in")
        }
        if stage.asOriginal { try await untilNobodyLooks() } else { try await untilAllEnded() }
        try await trials()
    }

    private func order(_ portion: Int) async throws {
        let scale = stage.scale
        for number in portion * scale.portion..<(portion + 1) * scale.portion {
            let order = Order(number: number)
            // What is refused, or whose account is in trouble, was not accepted: the original tells its client so.
            if stage.asOriginal, order == .deadly || order.account(scale).isInTrouble { continue }
            if number % 10 == 0 { try await stage.until("there was room") { try await stage.isRoom() } }
            try await stage.expectDeaths(order.deaths)
            let time = RunLine.now()
            do {
                try await stage.client.order(order)
                stage.accepted[order] = time
            } catch let error where !stage.asOriginal {
                throw error
            } catch {
                continue
            }
            if order == .cancelled, !stage.asOriginal {
                try await stage.gateway.inspector.change(.cancel, ids: [JobID(known: order.id)], in: Gateway.queue)
            }
        }
    }

    private func untilAllEnded() async throws {
        try await stage.until("everything had ended", every: .milliseconds(50)) {
            for queue in [Gateway.queue, Notify.queue] {
                let states = try await stage.gateway.inspector.status(of: queue).states
                if states.contains(where: { !$0.key.isEnded && $0.value > 0 }) { return false }
            }
            return true
        }
        await stage.upstream.hasToldAll()
        try await stage.audit()
    }

    /// The original ends when it has asked often enough for what was to be had.
    private func untilNobodyLooks() async throws {
        await stage.upstream.hasToldAll()
        let last = stage.upstream.book.tasks.map(\.ends).max() ?? 0
        try await stage.until("it had asked often enough", every: .milliseconds(100)) {
            RunLine.now() > last + 4 * Scale.interval.microseconds
        }
    }

    /// An action on an unknown picture, and a forged notification.
    private func trials() async throws {
        if stage.asOriginal { return }
        do {
            _ = try await stage.gateway.act(on: Order(number: 999_999_999), index: 2)
        } catch let error as ActionRefused {
            stage.evidence.unknownParent = error.reason
        }
        let forged = Messages.Status(task: "x", reference: "im-1", status: .success, progress: 100)
        let before = stage.client.hooks.count
        let answer = try await Caller(timeout: .seconds(60)).forge(stage.client.hook, forged)
        stage.evidence.forgeryIsRefused = answer.status == 400 && stage.client.hooks.count == before
    }
}
