import ScenarioSupport
import Sluice

extension Evidence {
    /// Occupancy at every instant, from claims to ends.
    var limitsHold: Verdict {
        var found: [String] = []
        var basis: [String] = []
        let work = work
        if events.concurrency.isLimited {
            found += History.excesses(of: work, over: events.concurrency, what: "the queue")
            basis.append("\(work.count) runs")
        }
        if cell.limits.hasPartitions {
            let accounts = Dictionary(grouping: work) { planned[$0.id]?.account ?? "" }
            for (account, runs) in accounts {
                found += History.excesses(of: runs, over: LimitHistory(scale.perAccount), what: "account \(account)")
            }
            basis.append("\(accounts.count) accounts")
        }
        if cell.limits.hasConcurrency {
            let serial = history.runs.filter { planned[$0.id]?.queue == "serial" }
            found += History.excesses(of: serial, over: LimitHistory(1), what: "the queue serial")
            basis.append("\(serial.count) one by one")
        }
        let chains = Dictionary(grouping: plan.jobs.filter { $0.chain != nil }, by: { $0.chain ?? "" })
        for links in chains.values { found += disorder(in: links) }
        return Verdict(found, (basis + ["\(chains.count) chains"]).joined(separator: ", "))
    }

    /// Links that started before all runs of those before them were over.
    private func disorder(in links: [PlannedJob]) -> [String] {
        var found: [String] = []
        var last = 0
        for link in links {
            let runs = history.runs(of: link.id)
            if let first = runs.first, first.claimed < last { found.append("\(link.id) started before the one before had ended") }
            if runs.isEmpty { break }
            last = max(last, runs.map(\.released).max() ?? 0)
        }
        return found
    }

    /// Claims in every window of a period, by the server's clock.
    var ratesHold: Verdict {
        guard cell.limits.hasRates else { return .absent("no rates") }
        let claims = history.claims(in: "work")
        let most = Self.most(claims.map { ($0.time, $0.ids.count) })
        var found = most > scale.rate ? ["\(most) starts in a second, \(scale.rate) allowed"] : []
        var byAccount: [String: [(time: Int, count: Int)]] = [:]
        for claim in claims {
            for id in claim.ids { byAccount[planned[id]?.account ?? "", default: []].append((claim.time, 1)) }
        }
        for (account, claims) in byAccount {
            let most = Self.most(claims)
            if most > scale.accountRate {
                found.append("\(most) starts of account \(account) in a second, \(scale.accountRate) allowed")
            }
        }
        return Verdict(
            found, "at most \(most) of \(scale.rate) starts in any second, over \(events.outages.count) restart of Redis")
    }

    /// The most in any window.
    private static func most(_ claims: [(time: Int, count: Int)]) -> Int {
        let window = Scale.period.microseconds
        var most = 0
        var inside = 0
        var first = 0
        for claim in claims {
            inside += claim.count
            while claims[first].time <= claim.time - window {
                inside -= claims[first].count
                first += 1
            }
            most = max(most, inside)
        }
        return most
    }
}
