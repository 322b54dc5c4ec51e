import ScenarioSupport
import Sluice

@testable import image_gateway

/// Evidence in which all requirements hold, made up from the rules that orders follow: what the tests of the checks break one by one.
enum GatewayEvidence {
    static let scale = Scale.quick
    /// Orders of each sort.
    static let good = Order(number: 152)
    static let failed = Order(number: 137)
    static let hurried = Order(number: 104)
    static let dead = Order(number: 260)

    static var whole: Evidence {
        var evidence = Evidence(scale: scale)
        for number in 0..<scale.orders { add(Order(number: number), to: &evidence) }
        evidence.polls = 500
        evidence.news = News.Count(sent: 900, lost: 40, repeated: 40, reordered: 40, torn: 20, late: 40)
        evidence.hints = Gateway.Hints(taken: 600, idle: 100, torn: 20)
        evidence.unknownParent = "parentUnknown"
        evidence.forgeryIsRefused = true
        evidence.deadCounted = evidence.deadHooks.count
        evidence.deaths = ["submitted": 4, "looked": 3, "paid": 2, "deadly": 3]
        evidence.audits = 10
        return evidence
    }

    private static func add(_ order: Order, to evidence: inout Evidence) {
        let account = order.account(scale)
        let accepted = order.number * 50_000
        let length = account.isSilent ? 3_700_000 + Int(order.draw * 600_000) : 500_000 + Int(order.draw * 1_000_000)
        let task = UpstreamTask(
            id: "t\(order.number)", account: account, order: order, reference: order.id, isAction: false,
            submitted: accepted + 10_000, starts: accepted + 10_000, ends: accepted + 10_000 + length, looks: 5)
        var job = Evidence.Job(order: order, account: account, accepted: accepted, state: "completed", ended: task.ends + 100_000)
        if account.isInTrouble {
            (job.state, job.ended) = ("cancelled", accepted + Scale.shortDeadline.microseconds + 50_000)
        } else {
            evidence.tasks.append(task)
            if account == .deadly || order.fate != .success { job.state = "discarded" }
            if order == .cancelled { job.state = "cancelled" }
        }
        evidence.jobs.append(job)
        evidence.ends[order.id] = 1
        if !job.isCompleted { evidence.payments.append(Bank.Payment(order: order.number, token: order.id, isPaid: true)) }
        if order.hookIsBroken { evidence.deadHooks.insert(order.number) } else { tell(job, in: &evidence) }
        wish(job, in: &evidence)
    }

    private static func tell(_ job: Evidence.Job, in evidence: inout Evidence) {
        let order = job.order
        if order.wantsProgress {
            evidence.hooks.append(
                Client.Hook(
                    id: order.id + ":1", order: order, state: "executing", version: 1, fraction: 0.5,
                    standing: Standing(state: "scheduled", version: 1)))
        }
        let end = Client.Hook(
            id: order.id + ":2", order: order, state: job.state, version: 2, standing: Standing(state: job.state, version: 2))
        evidence.hooks += order.number % 10 == 5 ? [end, end] : [end]
    }

    private static func wish(_ job: Evidence.Job, in evidence: inout Evidence) {
        let order = job.order
        if order.isHurried { evidence.wishes.append(Client.Wish(order: order, moment: .hurried, isNew: true)) }
        if job.isCompleted, !order.hookIsBroken {
            evidence.wishes.append(Client.Wish(order: order, moment: .inHook, isNew: !order.isHurried))
            if order.isRepeated { evidence.wishes.append(Client.Wish(order: order, moment: .again, isNew: false)) }
        }
        guard evidence.wishes.contains(where: { $0.order == order }) else { return }
        evidence.actions[Gateway.action(on: order, index: 2)] = job.isCompleted ? "completed" : "cancelled"
    }
}

extension Evidence {
    /// Changes what is known of an order.
    mutating func change(_ order: Order, _ body: (inout Job) -> Void) {
        for index in jobs.indices where jobs[index].order == order { body(&jobs[index]) }
    }

    /// Changes what was told of an order.
    mutating func changeHooks(of order: Order, _ body: (inout Client.Hook) -> Void) {
        for index in hooks.indices where hooks[index].order == order { body(&hooks[index]) }
    }
}
