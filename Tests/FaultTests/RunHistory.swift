import Foundation
import Hiredis
import SluiceCore
import SluiceTesting

/// Who ran when, put together from what the handlers wrote and what the server recorded. All times are in microseconds since
/// 1970: server and workers of one machine have one clock.
struct RunHistory {
    /// From its claim, which the fence tells, to the end of its handler, the death of its process, or the moment at which it was
    /// taken back, whichever came first.
    struct Run {
        var account: String
        var claimed: Int
        var ended: Int
    }

    var runs: [Run] = []
    /// When how many jobs were claimed, whether their handlers began or not.
    var claims: [(time: Int, count: Int)] = []

    /// - Parameter deaths: when processes were gone that were killed.
    init(of load: Load, deaths: [Int32: Int]) async throws {
        let entries = load.log.entries()
        var fences: [String: [Int]] = [:]
        for entry in entries where !entry.isEnd { fences[entry.id, default: []].append(Int(entry.fence)) }
        let losses = try await readEvents(of: load, fences)
        var ends: [String: Int] = [:]
        for entry in entries where entry.isEnd { ends["\(entry.id) \(entry.fence)"] = entry.time }
        for entry in entries where !entry.isEnd {
            let claimed = Int(entry.fence)
            let lost = losses[entry.id]?.first { $0 >= claimed }
            let ended = [ends["\(entry.id) \(entry.fence)"], deaths[entry.process], lost].compactMap(\.self).min()
            let account = String(entry.id.prefix { $0 != "-" })
            runs.append(Run(account: account, claimed: claimed, ended: ended ?? .max))
        }
    }

    /// Reads what the server recorded: all claims, and when runs were taken back, by job.
    private mutating func readEvents(of load: Load, _ fences: [String: [Int]]) async throws -> [String: [Int]] {
        var losses: [String: [Int]] = [:]
        var lately: [String] = []
        let stream = "\(load.queues.base(load.queue)):events"
        for entry in try await load.queues.command("XRANGE", stream, "-", "+").root.elements {
            let fields = entry[1].dictionary
            guard let time = entry[0].string?.split(separator: "-").first.flatMap({ Int($0) }).map({ $0 * 1000 + 999 }),
                let ids = fields["ids"]?.string?.split(separator: " ").map(String.init)
            else { continue }
            if fields["from"]?.string == "executing", fields["to"]?.string != "completed" {
                for id in ids { losses[id, default: []].append(time) }
                lately += ids
            } else if fields["to"]?.string == "executing" {
                // A call takes back first and claims then, and its entries are younger than its claims: on a busy machine by much.
                let fence = ids.compactMap({ fences[$0]?.filter { $0 <= time }.max() }).max()
                claims.append((fence ?? time, ids.count))
                guard let fence else { continue }
                for id in lately {
                    if let last = losses[id]?.popLast() { losses[id]?.append(min(last, fence - 1)) }
                }
                lately = []
            }
        }
        return losses
    }

    /// The claims after which more ran at once than the limit allowed then, told as text. `account` nil is the queue.
    func excesses(over limit: LimitHistory, account: String? = nil) -> [String] {
        let own = runs.filter { account == nil || $0.account == account }
        var changes: [Int: Int] = [:]
        for run in own {
            changes[run.claimed, default: 0] += 1
            changes[max(run.ended, run.claimed + 1), default: 0] -= 1
        }
        let starts = Set(own.map(\.claimed))
        var running = 0
        var found: [String] = []
        for (time, change) in changes.sorted(by: { $0.key < $1.key }) {
            running += change
            if starts.contains(time), running > limit.most(at: time) {
                found.append("\(running) of \(account ?? "the queue") at \(time), \(limit.most(at: time)) allowed")
            }
        }
        return found
    }

    /// The most claims in any window of so many milliseconds.
    func mostClaims(in window: Int) -> Int {
        let sorted = claims.sorted { $0.time < $1.time }
        var most = 0
        var inside = 0
        var first = 0
        for claim in sorted {
            inside += claim.count
            while sorted[first].time <= claim.time - window * 1000 {
                inside -= sorted[first].count
                first += 1
            }
            most = max(most, inside)
        }
        return most
    }

    static func now() -> Int { Int(Date().timeIntervalSince1970 * 1_000_000) }
}

/// The values of one limit, and when they changed. While a change is on its way both values may hold.
struct LimitHistory {
    private var changes: [(before: Int, after: Int, value: Int)] = []
    private let first: Int

    init(_ value: Int) { first = value }

    /// Makes a change, which takes effect somewhere between its call and its return.
    mutating func change(to value: Int, _ call: () async throws -> Void) async throws {
        let before = RunHistory.now()
        try await call()
        changes.append((before, RunHistory.now(), value))
    }

    func most(at time: Int) -> Int {
        var values = [first]
        for change in changes where change.before <= time {
            if change.after < time { values = [] }
            values.append(change.value)
        }
        return values.max() ?? first
    }
}
