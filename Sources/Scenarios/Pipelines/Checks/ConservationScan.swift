import ScenarioSupport
import Sluice

/// Looks for the longest time in which a job could have started and none did: it was available, no pause was on, and its account,
/// the queue and the rates had room. Links of chains do not count here, since they wait for one another.
struct ConservationScan {
    private let evidence: Evidence
    private var available: [String: Int] = [:]
    private var executing: [String: Int] = [:]
    private var running = 0
    private var claims: [Int] = []
    private var claimsByAccount: [String: [Int]] = [:]
    /// The longest such time so far, and what there was to start.
    private var longest = 0
    private var waiting = 0

    init(_ evidence: Evidence) { self.evidence = evidence }

    var verdict: Verdict {
        var scan = self
        scan.run()
        let text = "\(Double(scan.longest / 10_000) / 100) s"
        if scan.longest <= Scale.patience.microseconds { return .holds("nothing that could start waited longer than \(text)") }
        let started = Dictionary(grouping: evidence.history.runs, by: \.process).values.map { "\($0.count)" }.sorted()
        let ended = evidence.finals.values.count { $0.isEnded }
        let left = evidence.plan.jobs.count - ended
        return .broken([
            "nothing started for \(text), while \(scan.waiting) jobs were available and all limits had room; "
                + "\(left) of \(evidence.plan.jobs.count) jobs never ended; started by each process: \(started.joined(separator: ", "))"
        ])
    }

    private mutating func run() {
        var since: Int?
        for move in evidence.history.moves where move.queue == "work" {
            if let start = since { close(start, at: move.time) }
            apply(move)
            let ready = readyTime(at: move.time)
            if move.to == .executing { since = nil }
            if let ready { since = since ?? ready } else { since = nil }
        }
        if let start = since { close(start, at: evidence.events.end) }
    }

    /// Takes a stretch in, less what pauses and the absence of Redis took of it.
    private mutating func close(_ start: Int, at end: Int) {
        var start = start
        for span in evidence.events.pauses + evidence.events.outages where span.from < end && span.to > start { start = span.to }
        guard end - start > longest else { return }
        longest = end - start
        waiting = available.values.reduce(0, +)
    }

    private mutating func apply(_ move: History.Move) {
        for id in move.ids {
            guard let job = evidence.planned[id] else { continue }
            if move.from == .executing {
                executing[job.account, default: 0] -= 1
                running -= 1
            }
            if move.to == .executing {
                executing[job.account, default: 0] += 1
                running += 1
                claims.append(move.time)
                claimsByAccount[job.account, default: []].append(move.time)
            }
            guard job.chain == nil else { continue }
            if move.from == .available { available[job.account, default: 0] -= 1 }
            if move.to == .available { available[job.account, default: 0] += 1 }
        }
    }

    /// From when on something could start if nothing else happens; nil if nothing could.
    private func readyTime(at now: Int) -> Int? {
        let scale = evidence.scale
        let limits = evidence.cell.limits
        guard running < min(evidence.events.concurrency.least(at: now), scale.concurrency * scale.workers) else { return nil }
        let perAccount = limits.hasPartitions ? scale.perAccount : .max
        let accounts = available.filter { $0.value > 0 && executing[$0.key, default: 0] < perAccount }.keys
        guard !accounts.isEmpty else { return nil }
        guard limits.hasRates else { return now }
        let queue = Self.room(claims, scale.rate, now)
        let account = accounts.map { Self.room(claimsByAccount[$0] ?? [], scale.accountRate, now) }.min() ?? now
        return max(queue, account)
    }

    /// When a rate lets the next one start: its window is widened by a guard of 3 %, and told in steps of a thousandth.
    private static func room(_ claims: [Int], _ allowance: Int, _ now: Int) -> Int {
        guard claims.count >= allowance else { return now }
        return max(now, claims[claims.count - allowance] + Scale.period.microseconds * 104 / 100)
    }
}
