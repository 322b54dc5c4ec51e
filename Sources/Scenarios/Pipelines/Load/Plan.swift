import ScenarioSupport
import Sluice
import SluiceTesting

/// The jobs of a cell, the same in all cells of a seed, in portions that are enqueued one after another.
struct Plan: Sendable {
    /// As many as there are faults.
    static let portions = 5
    /// While these run a worker is killed, and one is frozen.
    static let victims = (killed: "long-item", frozen: "long-plain")
    /// What those take, in ms, when they run for the first time: long enough to be found in the middle of it.
    private static let long = 1200

    private(set) var jobs: [PlannedJob] = []
    private(set) var flows: [PlannedFlow] = []
    private var requests: [[JobRequest]] = Array(repeating: [], count: portions)

    init(_ scale: Scale, seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let accounts = Zipf(Scale.accounts)
        try addVictims()
        for number in 0..<scale.links * scale.chains { try addLink(number, scale, "\(accounts.draw(&random))") }
        for number in 0..<scale.plain {
            let account = "\(accounts.draw(&random))"
            let end = Self.end(number, failing: 11, discarded: 23, cancelled: 29)
            let milliseconds = Int.random(in: 1...2 * scale.work, using: &random)
            try add(
                PlannedJob(
                    id: "plain-\(number)", kind: .plain, account: account, portion: number % Self.portions, end: end.state),
                Plain(account: account, milliseconds: milliseconds, end: end))
        }
        for number in 0..<scale.items {
            let account = "\(accounts.draw(&random))"
            let end = Self.end(number, failing: 13, discarded: 31, cancelled: .max)
            try add(
                PlannedJob(id: "item-\(number)", kind: .item, account: account, portion: number % Self.portions, end: end.state),
                Item(account: account, milliseconds: scale.work, end: end))
        }
        for number in 0..<scale.flows {
            flows.append(
                PlannedFlow(number, account: "\(accounts.draw(&random))", work: scale.work, portion: number % Self.portions))
        }
        for flow in flows { jobs += flow.jobs }
    }

    /// The jobs of a portion that are no nodes, in the order in which they are enqueued.
    func requests(in portion: Int) -> [JobRequest] { requests[portion] }

    /// Ids that come to a queue, up to a portion.
    func queued(through portion: Int) -> [String] {
        jobs.filter { $0.portion <= portion && $0.isQueued }.map(\.id)
    }

    private static func end(_ number: Int, failing: Int, discarded: Int, cancelled: Int) -> PlannedEnd {
        if number % failing == 5 { return .failsFirst }
        if number % discarded == 7 { return .discards }
        return number % cancelled == 8 ? .cancels : .completes
    }

    /// They are of an account of their own, so that they start at once.
    private mutating func addVictims() throws {
        try add(
            PlannedJob(id: Self.victims.killed, kind: .item, account: "0", portion: 0, end: .completed),
            Item(account: "0", milliseconds: Self.long, end: .completes))
        try add(
            PlannedJob(id: Self.victims.frozen, kind: .plain, account: "0", portion: 1, end: .completed),
            Plain(account: "0", milliseconds: Self.long, end: .completes))
    }

    /// The links of a chain are spread over all portions, in their order.
    private mutating func addLink(_ number: Int, _ scale: Scale, _ account: String) throws {
        let (step, chain) = number.quotientAndRemainder(dividingBy: scale.chains)
        let end: PlannedEnd = step % 4 == 1 ? .failsFirst : step % 9 == 3 ? .discards : .completes
        // Of one account, since the order is kept among jobs of the same partitions.
        let key = "chain-\(chain)"
        var planned = PlannedJob(
            id: "\(key)-\(step)", kind: .link, account: "\(chain % Scale.accounts + 1)",
            portion: step * Self.portions / scale.links, end: end.state)
        planned.chain = key
        try add(planned, ChainLink(key: key, account: planned.account, milliseconds: 2, end: end))
    }

    private mutating func add(_ planned: PlannedJob, _ job: some Job) throws {
        var request = try JobRequest(job)
        request.id = try JobID(planned.id)
        var planned = planned
        planned.queue = request.queue
        requests[planned.portion].append(request)
        jobs.append(planned)
    }
}
