import SluiceCore
import SluiceStore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension QueueLimits {
    init(_ queue: QueueName, reply: Limits.Reply) {
        self.init(
            queue: queue, deploy: reply.deploy, version: reply.declaredVersion, declared: reply.declared.map(Setting.init),
            overrides: reply.overrides.map {
                Override(setting: Setting($0.limit), until: $0.until.map(Date.init(milliseconds:)))
            }, effective: reply.effective.map(Setting.init), running: reply.running, nextStart: reply.nextPlace,
            isMigrating: reply.isMigrating, gates: reply.gates.map(GateStatus.init),
            time: Date(milliseconds: reply.now))
    }
}

extension QueueLimits.Setting {
    init(_ limit: Limit) { self.init(name: limit.name, value: limit.value) }
}

extension GateStatus {
    init(_ gate: Limits.Gate) {
        self.init(
            gate: gate.name, running: gate.members, concurrency: gate.concurrency, lanesWaiting: gate.lanes,
            rate: gate.rateAllowance.map { Rate(used: gate.rateUsed ?? 0, allowance: $0, next: gate.nextPlace ?? .zero) },
            breaker: gate.breaker.map { Breaker(state: $0, until: gate.openUntil.map(Date.init(milliseconds:))) })
    }
}
