import ScenarioSupport

/// What clients are told: N1, N2, N6.
extension Evidence {
    var confirmed: Verdict {
        var found: [String] = []
        for hook in hooks {
            guard let standing = hook.standing else {
                found.append("\(hook.order.id) was told to be \(hook.state), and could not be asked for")
                continue
            }
            let isBehind = hook.state != "executing" && standing.state != hook.state || standing.version < hook.version
            if isBehind { found.append("\(hook.order.id) was told to be \(hook.state), and was \(standing.state) when asked") }
        }
        if hooks.isEmpty { return .unknown("nothing was told") }
        return Verdict(found, "\(hooks.count) times the client asked inside of its hook's handler")
    }

    var onePredicate: Verdict {
        var found: [String] = []
        let inHook = wishes.filter { $0.moment != .hurried }
        let refused = inHook.filter { $0.isNew == nil }
        if let first = refused.first {
            let share = 1000 * refused.count / max(inHook.count, 1)
            found.append(
                "\(refused.count) of \(inHook.count) actions, \(share / 10).\(share % 10) %, were refused: \(first.refusal ?? "")"
            )
        }
        if refusals > 0 { found.append("the upstream refused \(refusals) actions: their pictures were not done") }
        for hook in hooks where (hook.fraction ?? 0) >= 1 && hook.state != "completed" {
            found.append("\(hook.order.id) was told to be at 100 %, and to be \(hook.state)")
        }
        let hasty = jobs.filter { $0.order.isHasty && $0.order.fate == .success && !$0.account.isInTrouble }
        for job in hasty where !job.isCompleted && job.order != .cancelled {
            found.append("\(job.order.id) was at 100 % before its end, and is \(job.state)")
        }
        if found.isEmpty, inHook.isEmpty || hasty.isEmpty { return .unknown("nobody acted, or nothing was at 100 % early") }
        return Verdict(
            found, "\(inHook.count) actions from inside a hook's handler, 0 refused; \(hasty.count) tasks were at 100 % early")
    }

    var hooksAreTold: Verdict {
        var found: [String] = []
        let ofOrder = Dictionary(grouping: hooks, by: \.order)
        let ended = ["completed", "cancelled", "discarded"]
        for job in jobs where job.hasEnded && !job.order.hookIsBroken {
            let told = ofOrder[job.order] ?? []
            if !told.contains(where: { ended.contains($0.state) }) {
                found.append("nobody was told of the end of \(job.order.id)")
            }
        }
        let unsigned = hooks.count { $0.id == nil }
        if unsigned > 0 { found.append("\(unsigned) of \(hooks.count) requests were not signed") }
        var repeated = 0
        for (order, told) in ofOrder {
            var seen: Set<String> = []
            let fresh = told.filter { $0.id.map { seen.insert($0).inserted } ?? true }
            repeated += told.count - fresh.count
            if zip(fresh, fresh.dropFirst()).contains(where: { $0.version > $1.version }) {
                found.append("\(order.id) was not told in order")
            }
        }
        let broken = Set(jobs.filter { $0.hasEnded && $0.order.hookIsBroken }.map(\.order.number))
        let lost = broken.subtracting(deadHooks).count
        // If the worker dies right behind the last try, it is not counted.
        if lost > 0 { found.append("\(lost) notifications that nobody took are not kept") }
        if deadCounted == 0, !deadHooks.isEmpty { found.append("notifications are dead, and the metric counts none") }
        if !forgeryIsRefused { found.append("a forged notification was believed") }
        if found.isEmpty, broken.isEmpty || repeated == 0 { return .unknown("every hook took all, or nothing came twice") }
        return Verdict(
            found,
            "\(hooks.count) came, \(repeated) of them again, by the same id; of \(deadHooks.count) orders nobody took all, "
                + "\(deadCounted) notifications counted as dead")
    }
}
