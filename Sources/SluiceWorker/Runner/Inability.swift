import NIOCore
import SluiceCore

/// What becomes of claims once this process could not begin a job for reasons of its own: `WorkerUnable`.
///
/// Nothing is claimed for a while, twice as long each time nothing was begun in between. Then only so many jobs run at the same time
/// as had begun when it failed, or one, to try; one that has run ends that, and after a minute it is forgotten.
struct Inability {
    /// How long nothing is claimed, at first and at most.
    static let shortest = Duration.seconds(1)
    static let longest = Duration.seconds(60)
    /// How long so few jobs run that none fails again.
    static let memory = Duration.seconds(60)

    private struct Pause {
        var ends: NIODeadline
        /// Jobs that ran here when it began, and how many of them have failed since.
        var running: Int
        var failures = 0
    }

    private var pause: Pause?
    /// The jobs that may run at the same time, and until when that holds.
    private var bound: (most: Int, ends: NIODeadline)?
    /// Pauses one after another without a job that ran.
    private var streak = 0
    /// Jobs with higher fences were claimed after the newest failure.
    private var newest: Fence?

    /// Whether all is as it should be, and nothing has to be asked.
    var isOver: Bool { newest == nil }

    /// When claims go on; nil if they are not held up.
    var pausedUntil: NIODeadline? { pause?.ends }

    /// Takes note of a job that could not begin.
    /// - Parameter running: jobs that run here, this one among them.
    /// - Returns: how long nothing is claimed, if that begins now, to be told once.
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

    /// Takes note of a job that has run.
    mutating func ended(_ fence: Fence) {
        guard let newest, fence > newest else { return }
        streak = 0
        if bound?.most == 1 { bound = nil }
        if pause == nil, bound == nil { self.newest = nil }
    }

    /// Ends what is over.
    /// - Returns: whether claims go on now.
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
