import ScenarioSupport

/// How orders end: N3, N4, N5, N7.
extension Evidence {
    var final: Verdict {
        if asOriginal { return .absent("the original did not listen to the upstream") }
        var found = revived.map { "\($0) had ended, and lives again" }
        for (id, count) in ends where count > 1 { found.append("\(id) ended \(count) times") }
        for hook in Dictionary(grouping: hooks, by: \.order).values {
            let over = hook.firstIndex { $0.state != "executing" }
            if let over, hook[over...].contains(where: { $0.state == "executing" && $0.version > hook[over].version }) {
                found.append("\(hook[over].order.id) was told to go on after its end")
            }
        }
        let odd = news.late + news.repeated + news.reordered
        if found.isEmpty, odd == 0 || hints.idle == 0 || ends.isEmpty {
            return .unknown("nothing came late, twice or out of order")
        }
        return Verdict(
            found,
            "the upstream told \(news.sent) things: \(news.lost) ends got lost, \(news.repeated) came twice, \(news.late) late, "
                + "\(news.reordered) out of order, \(news.torn) torn; \(hints.idle) came for what had ended")
    }

    var deadline: Verdict {
        var found: [String] = []
        let open = jobs.filter { !$0.hasEnded }
        if !open.isEmpty {
            let forgotten = open.count { $0.order.fate == .forgotten }
            found.append("\(open.count) orders never ended, such as \(open[0].order.id); the upstream has forgotten \(forgotten)")
        }
        var latest = 0
        for job in jobs {
            guard let ended = job.ended else { continue }
            let allowed = job.account.isInTrouble ? Scale.shortDeadline : Scale.deadline
            let over = ended - job.accepted - allowed.microseconds
            if job.account.isInTrouble { latest = max(latest, over) }
            // A beat, and the time that a handler which is cancelled may take.
            if over > (scale.assertsTimes ? 5_000_000 : 120_000_000) {
                found.append("\(job.order.id) ended \(over / 1000) ms late")
            }
        }
        let troubled = jobs.filter(\.account.isInTrouble)
        for job in troubled where job.hasEnded && job.state != "cancelled" { found.append("\(job.order.id) is \(job.state)") }
        let given = jobs.count { $0.order.fate == .forgotten && $0.state == "discarded" }
        if found.isEmpty, troubled.isEmpty || given == 0 { return .unknown("nothing was in trouble, or forgotten") }
        return Verdict(
            found,
            "\(troubled.count) orders for accounts in trouble ended by their deadline, \(latest / 1000) ms late at most; \(given) "
                + "were forgotten; \(jobs.count) accepted, all ended")
    }

    var compensation: Verdict {
        var found: [String] = []
        let paid = Dictionary(grouping: payments, by: \.order)
        var enders: [String: Int] = [:]
        for job in jobs where job.hasEnded {
            let times = paid[job.order.number]?.count(where: \.isPaid) ?? 0
            let due = job.isCompleted ? 0 : 1
            if times != due { found.append("\(job.order.id) is \(job.state), and was paid back \(times) times") }
            if !job.isCompleted { enders[ender(of: job), default: 0] += 1 }
        }
        let repeated = payments.count { !$0.isPaid }
        if asOriginal { return Verdict(found, "\(payments.count) payments") }
        let drawn = tasksByReference.filter { $0.value.count > 1 }
        for (reference, tasks) in drawn { found.append("\(reference) was drawn \(tasks.count) times") }
        let missing = ["handler", "deadline", "reclaim", "operator"].filter { enders[$0] == nil }
        if found.isEmpty, !missing.isEmpty { return .unknown("nothing was ended by: " + missing.joined(separator: ", ")) }
        let shares = enders.sorted { $0.key < $1.key }.map { "\($0.value) by \($0.key)" }.joined(separator: ", ")
        return Verdict(
            found,
            "ended \(shares), each paid back once, \(repeated) more tries known by their token; workers died at: "
                + deaths.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", "))
    }

    /// Who ended an order that did not complete.
    private func ender(of job: Job) -> String {
        if job.account == .deadly { return "reclaim" }
        if job.order == .cancelled { return "operator" }
        return job.state == "cancelled" ? "deadline" : "handler"
    }

    var actionsWait: Verdict {
        var found: [String] = []
        let hurried = wishes.filter { $0.moment == .hurried }
        let refused = hurried.filter { $0.isNew == nil }
        if let first = refused.first {
            let why = first.refusal ?? ""
            found.append("\(refused.count) of \(hurried.count) actions were refused before the picture was done: \(why)")
        }
        for wish in wishes where wish.moment == .again && wish.isNew == true {
            found.append("the second wish for an action on \(wish.order.id) made another one")
        }
        if asOriginal { return Verdict(found, "\(hurried.count) actions before the picture was done") }
        let byOrder = Dictionary(uniqueKeysWithValues: jobs.map { ($0.order, $0) })
        var (drawn, cancelled) = (0, 0)
        for order in Set(wishes.filter { $0.isNew != nil }.map(\.order)) {
            guard let parent = byOrder[order] else { continue }
            let action = Gateway.action(on: order, index: 2)
            let state = actions[action] ?? "missing"
            if state != (parent.isCompleted ? "completed" : "cancelled") {
                let why = actionErrors[action].map { ": \($0)" } ?? ""
                found.append("\(order.id) is \(parent.state), and the action on it \(state)\(why)")
            }
            if parent.isCompleted { drawn += 1 } else { cancelled += 1 }
        }
        if unknownParent != "parentUnknown" { found.append("an action on what nobody knows: \(unknownParent ?? "accepted")") }
        if found.isEmpty, hurried.isEmpty || cancelled == 0 { return .unknown("nobody was in a hurry, or nothing failed then") }
        let again = wishes.count { $0.moment == .again }
        return Verdict(
            found,
            "\(hurried.count) actions before the picture was done; \(drawn) drawn, \(cancelled) cancelled with their picture; "
                + "\(again) wished for twice")
    }
}
