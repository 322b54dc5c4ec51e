import SluiceCore

/// Tracks the demo's worker processes and decides when to kill and end them.
actor DemoStage {
    private(set) var progress: DemoProgress
    /// The time when Redis had the last reported outcome.
    private(set) var lastRecorded = ContinuousClock.now
    /// The reason why a process ended unexpectedly.
    private(set) var failure: String?
    /// When the queue had a primary again.
    private var back: ContinuousClock.Instant?
    private var isOver = false
    private var waiting: [AsyncStream<Never>.Continuation] = []

    init(total: Int) { progress = DemoProgress(total: total) }

    /// Assigns the number of a new worker.
    func admit(replacing replaced: Int? = nil) -> Int {
        let number = progress.workers.count + 1
        progress.workers.append(DemoProgress.Worker(number: number, replaces: replaced))
        return number
    }

    func started(_ number: Int, process: Int32) { progress.workers[number - 1].process = process }

    /// Handles a message. Returns whether to kill its worker.
    func take(_ message: DemoMessage, from number: Int) -> Bool {
        switch message {
        case .ready(let id):
            progress.workers[number - 1].id = id
            progress.workers[number - 1].state = .working
        case .recorded:
            progress.workers[number - 1].recorded += 1
            lastRecorded = .now
        case .asks:
            guard progress.killed == nil else { return false }
            progress.workers[number - 1].state = .killed
            return true
        }
        return false
    }

    /// Records the end of a process.
    func ended(_ number: Int, failure reason: String?) {
        guard progress.workers[number - 1].state != .killed else { return }
        progress.workers[number - 1].state = .ended
        if let reason, !isOver { failure = failure ?? "worker \(number) \(reason)" }
    }

    func held(_ jobs: Int, by number: Int) { progress.workers[number - 1].held = jobs }

    func counted(ended: Int, reclaimed: Int, perSecond: Double?) {
        progress.ended = ended
        progress.reclaimed = reclaimed
        progress.perSecond = perSecond
    }

    func killed(primary address: String) { progress.primary = DemoProgress.Primary(address: address) }

    /// Records that the queue has a primary again. The first outcome from then on shows that the work goes on.
    func answered(since death: ContinuousClock.Instant) {
        if let back {
            if progress.primary?.stall == nil, lastRecorded > back { progress.primary?.stall = lastRecorded - death }
        } else {
            back = .now
        }
    }

    func checking() { progress.isChecking = true }

    var areReady: Bool { progress.workers.allSatisfy { $0.state != .starting } }

    /// Ends all processes.
    func finish() {
        isOver = true
        for waiter in waiting { waiter.finish() }
    }

    /// Waits until the processes should end, or the task is cancelled.
    func untilOver() async {
        if isOver { return }
        // One stream per caller, so that a cancelled caller does not end the others' wait.
        let (stream, waiter) = AsyncStream<Never>.makeStream()
        waiting.append(waiter)
        for await _ in stream {}
    }
}
