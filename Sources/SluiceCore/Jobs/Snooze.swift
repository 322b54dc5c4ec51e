/// How long a job waits by its handler's own wish.
public enum Snooze: Sendable, Hashable {
    /// So long, a second at least and a year at most.
    case `for`(Duration)
    /// Until it is worth looking again, as far as is known from jobs before.
    case adaptive(AdaptivePolling)

    /// The same with the defaults: about six looks for each job, a second to a minute apart.
    public static var adaptive: Snooze { .adaptive(AdaptivePolling()) }
}

/// When a job looks again that watches something whose end nobody tells it.
///
/// Redis keeps how long such jobs took, from the first look to the one that found the end, and for each next look picks the time
/// that costs the least delay for as many looks: often where ends are frequent, seldom where they are not. Before twenty jobs have
/// ended, looks come ever more slowly, each after a third of the age. What changes is learnt anew: of jobs, the newest thousand or so
/// count. The rate of looks is proportional to the square root of the rate at which what is left ends (J. B. Keller, Optimum checking
/// schedules for systems subject to random failure, Management Science 21, 1974).
public struct AdaptivePolling: Sendable, Hashable {
    /// Looks that a job takes, in the mean, as far as the bounds allow; the first run counts as none. 1 to 1,000.
    public var looks: Double
    /// The shortest wait; 100 ms at least.
    public var least: Duration
    /// The longest wait.
    public var most: Duration
    /// What is watched, where jobs of one kind watch things that take differently long: durations are learnt for each name apart. The
    /// kind unless given. The first 128 bytes count; of more than 1,000 names in a queue nothing is learnt.
    public var name: String?

    /// Each with a default.
    public init(looks: Double = 6, least: Duration = .seconds(1), most: Duration = .seconds(60), name: String? = nil) {
        self.looks = min(max(looks.isNaN ? 6 : looks, 1), 1000)
        self.least = max(least, .milliseconds(100))
        self.most = max(most, self.least)
        self.name = name
    }
}
