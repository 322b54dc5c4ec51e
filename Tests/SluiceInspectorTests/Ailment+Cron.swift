import SluiceCore
import SluiceStore
import SluiceTesting
import Testing

@testable import SluiceInspector

extension Ailment {
    static let ofCron = lateOnes + skippedOnes + forgottenOnes

    private static let lateOnes = [
        Ailment(
            code: "queue.cron_late",
            what: "the tick of cron entry digest that was due 9m ago has not fired, and no worker of the queue lives",
            cure: "sluice worker mail --exec COMMAND",
            provoke: {
                try await $0.leave()
                try await $0.recur()
                try await $0.queues.advance(by: .seconds(600))
            },
            heal: {
                try await $0.join()
                try await $0.fire()
            }),
        Ailment(
            code: "queue.cron_late",
            what: "2 cron entries have ticks that have not fired, such as digest, due 9m ago, in spite of 1 live worker",
            cure: "see the logs of the workers of mail",
            provoke: {
                try await $0.recur()
                try await $0.recur("report")
                try await $0.queues.advance(by: .seconds(600))
            }, heal: { try await $0.fire() }),
    ]

    private static let skippedOnes = [
        Ailment(
            code: "queue.cron_skipped", severity: .notice,
            what: "the last 3 ticks of cron entry digest were skipped, since cron:digest:",
            cure: "sluice jobs cancel --queue mail cron:digest:",
            provoke: {
                try await $0.recur(overlap: .skip)
                try await $0.tick()
                // Nobody takes it.
                try await $0.tick(3)
            }),
        Ailment(
            code: "queue.cron_skipped", severity: .notice, what: "has not ended: it is executing",
            cure: "sluice jobs explain --queue mail cron:digest:",
            provoke: {
                try await $0.recur(overlap: .queueOne)
                try await $0.tick()
                try await $0.cycle(1)
                // The second waits for the first, the others are skipped.
                try await $0.tick(4)
            },
            heal: { patient in
                let job = try #require(patient.running.keys.first)
                try await patient.cycle(0, [job.text: .completed(result: nil)])
            }),
    ]

    private static let forgottenOnes = [
        Ailment(
            code: "queue.cron_paused", severity: .notice, what: "cron entry digest was paused 10m ago: the server moves",
            cure: "sluice cron resume digest --queue mail",
            provoke: {
                try await $0.recur()
                _ = try await $0.queues.store.call(CronPause("digest", reason: "the server moves"), on: "mail")
                try await $0.queues.advance(by: .seconds(600))
            }),
        Ailment(
            code: "queue.cron_finished", severity: .notice,
            what: "cron entry digest had its last tick 1d ago, after 2 runs, and is kept",
            cure: "sluice cron remove digest --queue mail",
            provoke: {
                try await $0.recur(limit: 2)
                try await $0.tick(2)
                try await $0.queues.advance(by: .seconds(86_400))
                try await $0.join("w2")
            }),
        Ailment(
            code: "queue.cron_undeclared", severity: .notice,
            what: "cron entry digest was declared by code that no live worker runs, and goes on",
            cure: "sluice cron remove digest --queue mail", provoke: { try await $0.recur(deploy: 1) }),
        Ailment(
            code: "queue.cron_undeclared", severity: .notice, what: "cron entry digest was declared by code",
            cure: "unless that code comes back", provoke: { try await $0.recur(deploy: 1) },
            heal: { try await $0.join("w2", cron: ["digest"]) }),
    ]
}
