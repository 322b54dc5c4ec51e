import Logging
import NIOCore
import Sluice
import SluiceCore
import SluiceStore
import Synchronization

/// Serves one queue in one process: claims jobs into free places, starts handlers, settles outcomes, and beats.
///
/// One call is in flight at a time. Outcomes that arrive meanwhile travel with the next call, so batches grow with the load, and
/// a lone job's outcome leaves at once. All of this runs on an event loop, so handlers cannot delay it.
actor QueueRunner {
    nonisolated let queue: Queue
    let store: Store
    let worker: WorkerID
    let options: WorkerOptions
    let logger: Logger
    var metrics: WorkerMetrics
    let observer: ProcessedStream?
    let cycleRelay: CycleRelay
    let cron: CronFirer
    let pipeline: Pipeline
    let executor: HandlerExecutor
    private let idleQueues: IdleQueues
    /// What ends this worker by itself, if anything does.
    let ownEnd: OwnEnd?

    private let pool: RunPool<ClaimedJob>
    /// The loop turns at least this often, so that one that hangs is noticed however long the lease is.
    static let longestRest = Duration.seconds(20)

    nonisolated let signal: Signal
    nonisolated let deadlines: Signal
    nonisolated let mailbox: Mailbox
    private nonisolated let isPoked = Mutex(false)

    /// The running jobs, by id.
    var runs: [JobID: Run] = [:]
    /// Outcomes that Redis does not have yet, oldest first. Those that travel with a call stay until its reply is there.
    var outbox = CircularBuffer<Settled>()
    /// Empty, but for the time in which reports are looked through.
    private var reports: [RunReport] = []
    /// The sessions, calls and failures with Redis.
    var link = Link()
    /// The jobs that this process could not begin, and the pause that follows.
    private var inability = Inability()
    /// The limits that this worker declares, compared with those in force.
    private var declaration: Declaration
    /// When the next call is due if nothing happens.
    private var nextBeat = NIODeadline.now()
    /// Whether there may be more jobs to claim.
    var mayHaveMore = true
    /// Nil until the worker stops.
    nonisolated let stopping = Mutex<Stopping?>(nil)
    var isForced = false
    private(set) var isFinished = false
    /// When the loop made its last turn, in ns of uptime. After its end it needs none.
    nonisolated let turned = Atomic(NIODeadline.now().uptimeNanoseconds)

    nonisolated var unownedExecutor: UnownedSerialExecutor { store.eventLoop.executor.asUnownedSerialExecutor() }

    init(
        queue: Queue, declaration: Declaration, client: SluiceClient, worker: WorkerID, options: WorkerOptions,
        pipeline: Pipeline, executor: HandlerExecutor, idleQueues: IdleQueues, cycleRelay: CycleRelay, cron: CronFirer,
        ownEnd: OwnEnd?, observer: ProcessedStream?, metrics: WorkerMetrics, logger: Logger
    ) {
        self.queue = queue
        self.declaration = declaration
        self.store = client.store
        self.worker = worker
        self.options = options
        self.pipeline = pipeline
        self.executor = executor
        self.idleQueues = idleQueues
        self.observer = observer
        self.cycleRelay = cycleRelay
        self.cron = cron
        self.ownEnd = ownEnd
        self.logger = logger
        self.metrics = metrics
        self.signal = Signal(client.store.eventLoop)
        self.deadlines = Signal(client.store.eventLoop)
        let mailbox = Mailbox(signal, deadlines: deadlines)
        self.mailbox = mailbox
        self.pool = RunPool(on: executor) { job in mailbox.post(await pipeline.run(job, mailbox)) }
    }

    /// Makes the runner call Redis soon.
    nonisolated func poke() {
        isPoked.withLock { $0 = true }
        signal.set()
    }

    /// Serves the queue until stopped.
    /// - Throws: An error of Redis that is not transient, if no call ever succeeded.
    func run() async throws(SluiceError) {
        defer {
            isFinished = true
            _ = idleQueues.set(self, hungry: false)
            turned.store(.max, ordering: .relaxed)
            deadlines.set()
            for run in runs.values { run.handle.cancel() }
            pool.close()
            for gathering in pipeline.gatherings { gathering.cancel() }
            metrics.end()
        }
        metrics.begin(places: queue.concurrency)
        while true {
            collect()
            let now = NIODeadline.now()
            turned.store(now.uptimeNanoseconds, ordering: .relaxed)
            if !inability.isOver, inability.update(at: now) { mayHaveMore = true }
            if let graceEnds, now >= graceEnds { force(now) }
            if isStopping, hasNothing || mustGiveUp(now) { break }
            if let time = link.waitsUntil, now < time {
                // What arrives meanwhile is for workers that can call.
                _ = idleQueues.set(self, hungry: false)
                await signal.wait(until: time)
            } else if link.needsResync {
                try await resync()
            } else if mustCall(now) {
                try await cycle()
            } else {
                await rest()
            }
        }
        await leave()
    }

    private func mustCall(_ now: NIODeadline) -> Bool {
        if !outbox.isEmpty || now >= nextBeat || isPoked.withLock({ $0 }) { return true }
        return mayHaveMore && !isStopping && freePlaces() > 0
    }

    /// The places for more jobs. In confirmed mode, a run keeps its place until Redis has its outcome.
    private func freePlaces() -> Int {
        let unrecorded = queue.ack == .confirmed ? outbox.count : 0
        var places = queue.concurrency - runs.count - unrecorded
        if !inability.isOver { places = inability.room(places, running: runs.count + unrecorded) }
        if let ownEnd { places = ownEnd.room(places, in: queue.name) }
        return max(min(places, options.admission?.room(in: queue.name, running: runs.count) ?? places), 0)
    }

    /// Waits for the next event.
    private func rest() async {
        let wants = !isStopping && freePlaces() > 0
        if idleQueues.set(self, hungry: wants) { await callListenerBack() }
        var time = graceEnds.map { isForced ? nextBeat : min($0, nextBeat) } ?? nextBeat
        if let end = inability.pausedUntil { time = min(time, end) }
        time = min(time, .now() + TimeAmount(Self.longestRest))
        await signal.wait(until: time)
    }

    /// Rings this queue's bell: the blocking call, which lacks the queue's wake key, returns and starts anew.
    private func callListenerBack() async {
        try? await store.ring(queue.name, worker)
    }

    /// Collects the reports of ended runs.
    private func collect() {
        mailbox.exchange(&reports)
        for report in reports {
            guard let place = runs.index(forKey: report.id), runs[place].value.job.fence == report.fence else { continue }
            if case .unable(let reason) = report.result {
                pause(report.fence, reason)
            } else if !inability.isOver {
                inability.ended(report.fence)
            }
            settle(report, ending: runs.remove(at: place).value.ending)
            ownEnd?.left(hasRun: report.hasRun)
        }
        reports.removeAll(keepingCapacity: true)
    }

    /// Pauses claims, since this process cannot begin the jobs it claims; logs that once.
    private func pause(_ fence: Fence, _ reason: String) {
        guard let wait = inability.failed(fence, running: runs.count, at: .now()) else { return }
        logger.error(
            "this worker cannot run jobs: they are given back unharmed, and nothing is claimed for a while",
            metadata: ["queue": "\(queue.name)", "wait": "\(wait)", "error": "\(reason)"])
    }

    /// Queues the outcome of a run for the next call.
    func settle(_ report: RunReport, ending: Ending?) {
        let verdict = Verdict(report, ending: ending)
        metrics.runs?.ended(report, in: verdict.state)
        if let dependency = verdict.unavailable { metrics.unavailable(dependency) }
        // Of the completed, which are most, nothing is logged.
        if verdict.state != .completed { log(report, verdict) }
        let processed = observer == nil ? nil : ProcessedJob(report, verdict, queue: queue.name)
        outbox.append(Settled(settlement: verdict.settlement, processed: processed))
    }

    private func cycle() async throws(SluiceError) {
        let settling = fittingOutcomes()
        isPoked.withLock { $0 = false }
        let places = isStopping ? 0 : min(freePlaces(), Cycle.mostJobs)
        let asked = ownEnd?.look(for: places, in: queue.name)
        let demand = asked?.jobs ?? places
        if demand == 0 { _ = idleQueues.set(self, hungry: false) }
        let idle = options.lease * (0.4 * Double.random(in: 0.8...1.2))
        let call = Cycle(
            worker: worker, session: link.session, call: link.nextCall(), demand: demand, idle: idle,
            settlements: outbox.prefix(settling).map(\.settlement))
        let start = metrics.callBegins()
        do {
            let reply = try await store.call(call, on: queue.name)
            metrics.answered(.cycle, since: start)
            link.succeeded(withJobs: !reply.jobs.isEmpty)
            absorb(reply, settling, demand: demand, idle: idle)
            if let asked { ended(asked, reply) }
            if declaration.isOutdated(by: reply.declared) { await look() }
        } catch {
            metrics.callFailed()
            if let asked { failed(asked) }
            if demand > 0, error.code == .outcomeUnknown { link.lostJobs(queue.name, logger) }
            try link.failed(error, settling: settling, logger)
        }
    }

    /// Checks after a new declaration of limits whether it differs from this worker's.
    private func look() async {
        var declaration = declaration
        await declaration.look(store, logger)
        self.declaration = declaration
    }

    /// How many outcomes fit into one call, from the oldest on.
    private func fittingOutcomes() -> Int {
        var room = Cycle.room
        return outbox.prefix { Self.takes($0.settlement, &room) }.count
    }

    private static func takes(_ settlement: Settlement, _ room: inout CallRoom) -> Bool {
        room.takes(items: settlement.ids, bytes: settlement.size, extras: settlement.committed.count)
    }

    private func absorb(_ reply: Cycle.Reply, _ settling: Int, demand: Int, idle: Duration) {
        recorded(outbox.prefix(settling), refused: reply.refused, outcomes: reply.outcomes)
        dropOutcomes(settling)
        tell(reply.outcomes)
        options.admission?.claimed(reply.jobs.count, in: queue.name)
        for id in reply.cancel { end(id, .cancelled) }
        start(reply.jobs)
        metrics.started(reply.jobs.count, running: runs.count)
        metrics.update(reply.gauges)
        deliver(reply)
        mayHaveMore = reply.jobs.count == demand
        nextBeat = .now() + TimeAmount(min(reply.come ?? idle, idle))
        if reply.mustResync || reply.held != runs.count + outbox.count {
            logger.notice(
                "Redis and this worker differ in what it runs: resyncing",
                metadata: ["queue": "\(queue.name)", "held": "\(reply.held)", "runs": "\(runs.count + outbox.count)"])
            link.needsResync = true
        }
    }

    private func start(_ jobs: [ClaimedJob]) {
        let entries = jobs.map { RunPool<ClaimedJob>.Entry(job: $0, handle: RunHandle()) }
        for entry in entries {
            // An older run of the same job has lost its lease, and is no longer this worker's.
            let older = runs.updateValue(Run(job: entry.job, handle: entry.handle), forKey: entry.job.id)
            if let older {
                older.handle.cancel()
                metrics.lost(1)
                ownEnd?.left()
            }
        }
        pool.start(entries)
    }
}
