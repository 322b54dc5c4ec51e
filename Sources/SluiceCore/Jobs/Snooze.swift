/// The wait of a job that its handler snoozes.
public enum Snooze: Sendable, Hashable {
    /// A fixed wait, one second to one year.
    case `for`(Duration)
    /// A wait chosen from how long earlier jobs took.
    case adaptive(AdaptivePolling)

    /// Adaptive polling with the defaults: about six polls for each job, a second to a minute apart.
    public static var adaptive: Snooze { .adaptive(AdaptivePolling()) }
}

/// Chooses when a job polls again for something that sends no signal at its end.
///
/// Redis records how long such jobs took, from the first poll to the one that found the end. It picks each next poll for the
/// least delay at the given number of polls: often where ends are frequent, seldom where they are not. Until twenty jobs have
/// ended, polls become ever less frequent, each after a third of the age. The newest thousand or so jobs count, so changes are
/// learnt. The rate of polls is proportional to the square root of the rate at which the remaining jobs end (J. B. Keller,
/// Optimum checking schedules for systems subject to random failure, Management Science 21, 1974).
public struct AdaptivePolling: Sendable, Hashable {
    /// Mean number of polls for a job, as far as the bounds allow; the first run does not count. 1 to 1,000.
    public var looks: Double
    /// The shortest wait; at least 100 ms.
    public var least: Duration
    /// The longest wait; at least `least`.
    public var most: Duration
    /// The name of what is polled, if jobs of one kind poll things of different durations: each name learns its own. The kind by
    /// default. The first 128 bytes count. At most 1,000 names of a queue learn.
    public var name: String?

    /// Makes polling rules, each with a default. Values out of bounds are moved to the nearest bound.
    public init(looks: Double = 6, least: Duration = .seconds(1), most: Duration = .seconds(60), name: String? = nil) {
        self.looks = min(max(looks.isNaN ? 6 : looks, 1), 1000)
        self.least = max(least, .milliseconds(100))
        self.most = max(most, self.least)
        self.name = name
    }
}
