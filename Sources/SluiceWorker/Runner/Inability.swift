import NIOCore
import SluiceCore

/// The state of claims after this process could not begin a job for reasons of its own: see `WorkerUnable`.
///
/// The worker claims nothing for a pause, which doubles each time no job began in between. After the pause, the number of running
/// jobs is bounded by the number that had begun when the failure came, or by one, as a trial. A trial job that has run lifts its
/// bound; any bound ends after a minute.
struct Inability {
    /// The first pause, and the longest one.
    static let shortest = Duration.seconds(1)
    static let longest = Duration.seconds(60)
    /// How long the bound on running jobs holds, so that no job fails again.
    static let memory = Duration.seconds(60)

    private struct Pause {
        var ends: NIODeadline
        /// The jobs that ran when the pause began, and how many of them have failed since.
        var running: Int
        var failures = 0
    }

    private var pause: Pause?
    /// The most jobs that may run at the same time, and when that bound ends.
    private var bound: (most: Int, ends: NIODeadline)?
    /// Pauses in a row without a job that ran in between.
    private var streak = 0
    /// The highest fence of a failed job. Jobs with higher fences were claimed after the failure.
    private var newest: Fence?

    /// Whether the process is in order, so that no bound applies.
    var isOver: Bool { newest == nil }

    /// When claims resume; nil if they are not paused.
    var pausedUntil: NIODeadline? { pause?.ends }

    /// Notes a job that could not begin.
    /// - Parameter running: the jobs that run here, this one included.
    /// - Returns: The length of the pause, if one begins now, for the log.
    mutating func failed(_ fence: Fence, running: Int, at now: NIODeadline) -> Duration? {
        newest = max(newest ?? fence, fence)
        if pause != nil {
            pause?.failures += 1
            return nil
        }
        let wait = min(Self.shortest * (1 << min(streak, 10)), Self.longest)
        streak += 1
        pause = Pause(ends: now + TimeAmount(wait), running: running, failures: 1)
        return wait
    }

    /// Notes a job that has run.
    mutating func ended(_ fence: Fence) {
        guard let newest, fence > newest else { return }
        streak = 0
        if bound?.most == 1 { bound = nil }
        if pause == nil, bound == nil { self.newest = nil }
    }

    /// Ends the pause or the bound when its time is over.
    /// - Returns: Whether claims resume now.
    mutating func update(at now: NIODeadline) -> Bool {
        if let bound, bound.ends <= now {
            self.bound = nil
            if pause == nil, streak == 0 { newest = nil }
        }
        guard let pause, pause.ends <= now else { return false }
        bound = (max(pause.running - pause.failures, 1), now + TimeAmount(Self.memory))
        self.pause = nil
        return true
    }

    /// How many of the free places may be filled.
    func room(_ places: Int, running: Int) -> Int {
        if pause != nil { return 0 }
        return bound.map { min(places, $0.most - running) } ?? places
    }
}
