/// The runs, by what the checks ask for.
struct RunIndex: Sendable {
    /// Of each job, in the order of their claims.
    let ofJob: [String: [CrawlRun]]
    private let byFence: [String: CrawlRun]
    /// Each run with the next one of its job.
    let pairs: [(run: CrawlRun, next: CrawlRun)]

    init(_ runs: [CrawlRun]) {
        ofJob = Dictionary(grouping: runs, by: \.id)
        pairs = ofJob.values.flatMap { zip($0, $0.dropFirst()).map { ($0, $1) } }
        byFence = Dictionary(runs.map { ("\($0.id) \($0.claimed)", $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The run that a call of the API was made in.
    func run(of call: APICall) -> CrawlRun? { byFence["\(call.id) \(call.fence)"] }

    /// Runs that another one of the same job began before they had ended.
    var overtaken: Set<String> {
        Set(pairs.filter { $0.next.claimed < $0.run.ended ?? .max }.map { "\($0.run.id) \($0.run.claimed)" })
    }
}
