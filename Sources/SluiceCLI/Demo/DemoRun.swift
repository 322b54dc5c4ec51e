import Logging
import Sluice
import SluiceCore
import SluiceEmbedded
import SluiceInspector
import SluiceStore
import SluiceToolSupport

/// One run of the demo on a given Redis: enqueue, work, kill, replace, compare.
struct DemoRun {
    /// Short, so that the jobs of a dead worker visibly run again.
    static let lease = Duration.seconds(2)
    private static let crew = 3
    private static let glance = Duration.milliseconds(30)
    /// The longest time without progress.
    private static let patience = Duration.seconds(60)

    let files: [FileScan.File]
    let url: String
    /// The cluster of which a primary is killed as well; nil for a single server.
    let cluster: PrivateCluster?
    private(set) var screen: DemoScreen
    private let stage: DemoStage

    init(_ files: [FileScan.File], on url: String, cluster: PrivateCluster? = nil, screen: DemoScreen) {
        self.files = files
        self.url = url
        self.cluster = cluster
        self.screen = screen
        stage = DemoStage(total: files.count)
    }

    /// Runs the demo.
    /// - Throws: `Failure` if a worker ended by itself or there is no progress for a minute; errors of Redis.
    mutating func run() async throws -> DemoReport {
        let client = try await SluiceClient(.url(url), logger: GlobalOptions.silent)
        let inspector = Inspector(client.store)
        do {
            let elapsed = try await work(client, inspector)
            await stage.checking()
            try screen.show(await stage.progress)
            let totals = try await inspector.status(of: HashFile.queue).totals
            let checks = try await DemoChecks(files: files, inspector: inspector).run()
            let killed = await stage.progress.killed == nil ? 0 : 1
            var report = DemoReport(
                checks, totals: totals, killed: killed, elapsed: elapsed, audit: try await inspector.audit())
            report.primary = await stage.progress.primary
            await client.close()
            return report
        } catch {
            await client.close()
            throw error
        }
    }

    /// Lets the workers do all jobs. Returns the time from the first enqueue to the last outcome.
    private mutating func work(_ client: SluiceClient, _ inspector: Inspector) async throws -> Duration {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<Self.crew { await start(in: &group) }
            while await !stage.areReady { try await glance() }
            let start = ContinuousClock.now
            try await enqueue(client)
            try await follow(inspector, since: start, &group)
            await stage.finish()
            try await group.waitForAll()
            return await stage.lastRecorded - start
        }
    }

    private func start(in group: inout ThrowingTaskGroup<Void, any Error>, replacing replaced: Int? = nil) async {
        let number = await stage.admit(replacing: replaced)
        // Room for jobs that complete twice, in case of an error.
        let process = DemoWorkerProcess(number: number, url: url, keep: files.count + 1000, stage: stage)
        group.addTask { await process.run() }
    }

    private func enqueue(_ client: SluiceClient) async throws {
        var requests: [JobRequest] = []
        for (index, file) in files.enumerated() {
            let isMiddle = index == files.count / 2
            var request = try JobRequest(HashFile(path: PathText.encode(file.path), asksFirst: isMiddle ? true : nil))
            request.id = DemoChecks.id(index)
            requests.append(request)
        }
        try await client.enqueue(requests)
    }

    /// Follows the progress until all jobs have ended.
    private mutating func follow(
        _ inspector: Inspector, since start: ContinuousClock.Instant, _ group: inout ThrowingTaskGroup<Void, any Error>
    ) async throws {
        var isReplaced = false
        var death: ContinuousClock.Instant?
        var last = (seen: QueueStatus?.none, at: start)
        while true {
            guard .now - last.at < Self.patience else {
                throw Failure(
                    "nothing has happened for \(HumanText.duration(Self.patience)): \(last.seen?.states ?? [:])")
            }
            guard let status = try await status(inspector) else {
                try await glance()
                continue
            }
            if status.totals != last.seen?.totals { last = (status, .now) }
            if let death { await stage.answered(since: death) }
            await count(status, since: start)
            if let killed = await stage.progress.killed, !isReplaced {
                isReplaced = true
                await self.start(in: &group, replacing: killed.number)
                await stage.held(try await held(by: killed, inspector), by: killed.number)
            }
            // A worker that starts without a primary would give up at once.
            if cluster != nil, isReplaced, death == nil, await stage.areReady {
                death = try await killPrimary(inspector)
                continue
            }
            try await glance()
            if ended(status) >= files.count, cluster == nil || death != nil { return }
        }
    }

    /// The status; nil while a cluster has no primary for the queue.
    private func status(_ inspector: Inspector) async throws -> QueueStatus? {
        do {
            return try await inspector.status(of: HashFile.queue)
        } catch {
            if cluster != nil, error.code.category == .server { return nil }
            throw error
        }
    }

    /// Kills the primary that has the queue. Its replica has all jobs by then, so none may be missing at the end; outcomes that it
    /// does not have make their jobs run again.
    /// - Returns: when it was dead; nil without a cluster.
    private func killPrimary(_ inspector: Inspector) async throws -> ContinuousClock.Instant? {
        guard let cluster else { return nil }
        let address = try await inspector.store.node(of: HashFile.queue)
        guard let primary = cluster.node(at: address) else { throw Failure("\(address) is no node of the demo's cluster") }
        try await cluster.waitUntilReplicated(primary)
        try await primary.kill()
        await stage.killed(primary: address)
        return .now
    }

    private func ended(_ status: QueueStatus) -> Int {
        status.states.reduce(0) { $0 + ($1.key.isEnded ? $1.value : 0) }
    }

    private func count(_ status: QueueStatus, since start: ContinuousClock.Instant) async {
        let ended = ended(status)
        let seconds = (await stage.lastRecorded - start).seconds
        await stage.counted(
            ended: ended, reclaimed: status.totals["reclaimed", default: 0],
            perSecond: seconds > 0.2 ? Double(ended) / seconds : nil)
    }

    /// The number of jobs that the dead worker still holds.
    private func held(by worker: DemoProgress.Worker, _ inspector: Inspector) async throws -> Int {
        let workers = try await inspector.workers(of: HashFile.queue)
        return workers.first { $0.worker == worker.id }?.jobs ?? 0
    }

    /// Shows the progress, and waits a moment.
    private mutating func glance() async throws {
        if let reason = await stage.failure { throw Failure(reason) }
        try screen.show(await stage.progress)
        try await Task.sleep(for: Self.glance)
    }
}
