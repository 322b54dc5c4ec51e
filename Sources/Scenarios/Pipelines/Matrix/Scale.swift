import ScenarioSupport

/// How much of everything.
struct Scale: NamedScale {
    var name: String
    var cells: [Cell]
    /// Cells that run at the same time.
    var parallel: Int

    var plain: Int
    var flows: Int
    var items: Int
    var chains: Int
    /// Jobs in each chain.
    var links: Int
    /// What a plain job, a node or a chunk takes, in ms.
    var work: Int

    var workers: Int
    /// Places of one worker.
    var concurrency: Int
    var chunk: Int
    /// Limits: jobs of the queue at a time, of each account; starts in a second, of each account.
    var global: Int
    var perAccount: Int
    var rate: Int
    var accountRate: Int

    static let accounts = 50
    static let period = Duration.seconds(1)
    static let lease = Duration.seconds(2)
    /// What leases last longer, once, if Redis seems to have been away: to workers on a busy machine it may seem so.
    static let grace = Duration.seconds(5)
    /// How long something may be ready to run, with room at all its limits, before a worker takes it. Lost tokens cost half a
    /// lease, a worker that is frozen with its places a whole one; the rest is for a machine that is busy with other things.
    static let patience = Duration.seconds(5)
    /// How long nothing at all may happen though there are jobs. Those who hold the places may be dead.
    static let silence = lease + grace + patience

    static let quick = Scale(
        name: "quick", cells: Cell.some, parallel: 3, plain: 60, flows: 5, items: 80, chains: 3, links: 5, work: 10, workers: 3,
        concurrency: 6, chunk: 4, global: 6, perAccount: 2, rate: 50, accountRate: 12)

    static let full = Scale(
        name: "full", cells: Cell.all, parallel: 2, plain: 2000, flows: 200, items: 20_000, chains: 20, links: 25, work: 5,
        workers: 4, concurrency: 12, chunk: 10, global: 16, perAccount: 4, rate: 400, accountRate: 120)

    static let all = [quick, full]
}
