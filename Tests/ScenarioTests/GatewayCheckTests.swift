import ScenarioSupport
import Sluice
import Testing

@testable import image_gateway

/// The checks of `image-gateway` see what breaks each requirement, in evidence that is made up and otherwise whole.
struct GatewayCheckTests {
    private typealias Made = GatewayEvidence

    private func verdict(_ requirement: Requirement, _ change: (inout Evidence) -> Void = { _ in }) -> Verdict {
        var evidence = Made.whole
        change(&evidence)
        return evidence.verdict(on: requirement)
    }

    private func isBroken(_ requirement: Requirement, _ change: (inout Evidence) -> Void) -> Bool {
        verdict(requirement, change).isBroken
    }

    private func isUnknown(_ requirement: Requirement, _ change: (inout Evidence) -> Void) -> Bool {
        if case .unknown = verdict(requirement, change) { true } else { false }
    }

    @Test(arguments: Requirement.allCases, [false, true])
    func whatIsWholeHolds(_ requirement: Requirement, _ assertsTimes: Bool) {
        let verdict = verdict(requirement) { $0.scale.assertsTimes = assertsTimes }
        guard case .holds = verdict else { return #expect(Bool(false), "\(requirement.name): \(verdict)") }
    }

    @Test func n1ToldBeforeItIsSo() {
        #expect(isBroken(.confirmed) { $0.changeHooks(of: Made.good) { $0.standing?.state = "executing" } })
        #expect(isBroken(.confirmed) { $0.changeHooks(of: Made.good) { $0.standing?.version = 1 } })
        #expect(isBroken(.confirmed) { $0.changeHooks(of: Made.good) { $0.standing = nil } })
        #expect(isUnknown(.confirmed) { $0.hooks = [] })
    }

    @Test func n2WhatIsDoneCanBeActedOn() {
        #expect(
            isBroken(.onePredicate) {
                let refusal = "task_status_not_success"
                $0.wishes.append(Client.Wish(order: Made.good, moment: .inHook, isNew: nil, refusal: refusal))
            })
        #expect(isBroken(.onePredicate) { $0.refusals = 1 })
        #expect(
            isBroken(.onePredicate) {
                $0.hooks.append(Client.Hook(id: "x", order: Made.good, state: "executing", version: 1, fraction: 1))
            })
        // It was at 100 % before its end, and was never looked at again.
        #expect(isBroken(.onePredicate) { $0.change(Order(number: 123)) { $0.state = "executing" } })
        #expect(isUnknown(.onePredicate) { $0.wishes = [] })
    }

    @Test func n3EndsAreFinal() {
        #expect(isBroken(.final) { $0.ends[Made.good.id] = 2 })
        #expect(isBroken(.final) { $0.revived = [Made.good.id] })
        #expect(
            isBroken(.final) {
                $0.hooks.append(Client.Hook(id: "x", order: Made.good, state: "executing", version: 3))
            })
        #expect(isUnknown(.final) { $0.hints.idle = 0 })
    }

    @Test func n4EverythingEnds() {
        #expect(isBroken(.deadline) { $0.change(Made.good) { $0.state = "scheduled" } })
        #expect(isBroken(.deadline) { $0.change(Made.dead) { $0.ended = $0.accepted + 200_000_000 } })
        #expect(isBroken(.deadline) { $0.change(Made.dead) { $0.state = "completed" } })
        #expect(
            isBroken(.deadline) {
                $0.scale.assertsTimes = true
                $0.change(Made.dead) { $0.ended = $0.accepted + 14_000_000 }
            })
        #expect(isUnknown(.deadline) { $0.jobs.removeAll { $0.account.isInTrouble } })
    }

    @Test func n5FailuresArePaidBackOnce() {
        #expect(isBroken(.compensation) { $0.payments.append(Bank.Payment(order: Made.failed.number, token: "x", isPaid: true)) })
        #expect(isBroken(.compensation) { $0.payments.append(Bank.Payment(order: Made.good.number, token: "x", isPaid: true)) })
        #expect(isBroken(.compensation) { $0.payments.removeAll { $0.order == Made.dead.number } })
        // A repetition that the bank has known is none.
        #expect(
            !isBroken(.compensation) { $0.payments.append(Bank.Payment(order: Made.failed.number, token: "x", isPaid: false)) })
        #expect(isBroken(.compensation) { $0.tasks.append($0.tasks[0]) })
        #expect(isUnknown(.compensation) { $0.jobs.removeAll { $0.account == .deadly } })
    }

    @Test func n6HooksAreTold() {
        #expect(isBroken(.hooks) { $0.hooks.removeAll { $0.order == Made.good } })
        #expect(isBroken(.hooks) { $0.changeHooks(of: Made.good) { $0.id = nil } })
        #expect(
            isBroken(.hooks) {
                $0.hooks.append(Client.Hook(id: "x", order: Made.good, state: "executing", version: 1))
            })
        #expect(isBroken(.hooks) { $0.deadHooks.removeFirst() })
        #expect(isBroken(.hooks) { $0.deadCounted = 0 })
        #expect(isBroken(.hooks) { $0.forgeryIsRefused = false })
        #expect(
            isUnknown(.hooks) {
                var seen: Set<String?> = []
                $0.hooks = $0.hooks.filter { seen.insert($0.id).inserted }
            })
    }

    @Test func n7ActionsWait() {
        #expect(isBroken(.actions) { $0.wishes.append(Client.Wish(order: Made.good, moment: .hurried, refusal: "no")) })
        #expect(isBroken(.actions) { $0.wishes.append(Client.Wish(order: Made.good, moment: .again, isNew: true)) })
        #expect(isBroken(.actions) { $0.actions[Gateway.action(on: Made.good, index: 2)] = "suspended" })
        #expect(isBroken(.actions) { $0.change(Made.hurried) { $0.state = "completed" } })
        #expect(isBroken(.actions) { $0.unknownParent = nil })
        #expect(isUnknown(.actions) { $0.wishes.removeAll { $0.moment == .hurried } })
    }

    @Test func n8TroubleHoldsUpNobody() {
        func slow(_ evidence: inout Evidence, by time: Int) {
            for index in evidence.jobs.indices where evidence.jobs[index].order.number >= 250 {
                evidence.jobs[index].ended? += time
            }
        }
        #expect(isBroken(.isolation) { slow(&$0, by: 6_000_000) })
        #expect(!isBroken(.isolation) { slow(&$0, by: 1_000_000) })
        #expect(
            isBroken(.isolation) {
                $0.scale.assertsTimes = true
                slow(&$0, by: 1_000_000)
            })
        #expect(isUnknown(.isolation) { $0.jobs.removeAll { $0.order.number >= 250 } })
    }

    @Test func n9LooksAreLearnt() {
        // Every 450 ms: as many looks as it takes, and as late.
        #expect(
            isBroken(.polling) {
                $0.scale.assertsTimes = true
                for index in $0.tasks.indices { $0.tasks[index].looks = 10 }
                for index in $0.jobs.indices { $0.jobs[index].ended? += 400_000 }
            })
        #expect(isBroken(.polling) { for index in $0.tasks.indices { $0.tasks[index].looks = 11 } })
        #expect(isBroken(.polling) { $0.polls = 5000 })
        #expect(isUnknown(.polling) { $0.jobs.removeAll(where: \.account.isSilent) })
    }
}
