import SluiceCore

/// What the demo knows of its worker processes, and what it wants of them.
actor DemoStage {
    private(set) var progress: DemoProgress
    /// When Redis had the last outcome, as far as was told.
    private(set) var lastRecorded = ContinuousClock.now
    /// Why a process ended that should not have.
    private(set) var failure: String?
    private var isOver = false
    private var waiting: [AsyncStream<Never>.Continuation] = []

    init(total: Int) { progress = DemoProgress(total: total) }

    /// A number for one more worker.
    func admit(replacing replaced: Int? = nil) -> Int {
        let number = progress.workers.count + 1
        progress.workers.append(DemoProgress.Worker(number: number, replaces: replaced))
        return number
    }

    func started(_ number: Int, process: Int32) { progress.workers[number - 1].process = process }

    /// Takes a message in. Returns whether its worker is to be killed.
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

    /// A process has ended.
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

    func checking() { progress.isChecking = true }

    var areReady: Bool { progress.workers.allSatisfy { $0.state != .starting } }

    /// Lets all processes end.
    func finish() {
        isOver = true
        for waiter in waiting { waiter.finish() }
    }

    /// Returns when they are to end, or when the task is cancelled.
    func untilOver() async {
        if isOver { return }
        // A stream each: whoever stops waiting must not end the wait of others.
        let (stream, waiter) = AsyncStream<Never>.makeStream()
        waiting.append(waiter)
        for await _ in stream {}
    }
}
