/// What jobs of a queue may take at most, over all workers on all hosts. It is counted from the jobs that hold a place, so no
/// death of a process leaks one.
///
/// ```swift
/// Queue("exports", limits: [.concurrency(12), .concurrency(2, per: "account"), .rate(40, per: .seconds(10), partition: "host")])
/// ```
/// Limits refer to partitions, or to dependencies that jobs need, by name. A job that has no such partition is not limited by
/// it. Numbers and names that make no sense are refused when the worker starts.
public struct Limit: Hashable, Sendable, CustomStringConvertible {
    /// Such as `rate/host`: see `LimitName`.
    package var name: String
    /// Such as `40/10000`: see `LimitValue`.
    package var value: String

    /// Takes texts as they are; ``checked()`` tells whether they make sense.
    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }

    /// Jobs of the queue that run at the same time: 1 to 1,000,000.
    public static func concurrency(_ most: Int) -> Limit { Limit(name: "concurrency", value: "\(most)") }

    /// Jobs that run at the same time for each value of a partition, or with a dependency: 1 to 1,000,000.
    public static func concurrency(_ most: Int, per partition: String) -> Limit {
        Limit(name: "concurrency/" + partition, value: "\(most)")
    }

    /// Jobs of the queue that start within any window of a period, measured by the server's clock. Retries count.
    /// - Parameters:
    ///   - allowance: 1 to 1,000,000,000.
    ///   - period: 1 ms to 31 days.
    ///   - slack: widens the window, because a call to the outside follows its job's start by a little; 3 % of the period unless
    ///     given.
    public static func rate(_ allowance: Int, per period: Duration, guard slack: Duration? = nil) -> Limit {
        Limit(name: "rate", value: rateText(allowance, period, slack))
    }

    /// The same for each value of a partition, or for a dependency.
    public static func rate(
        _ allowance: Int, per period: Duration, partition: String, guard slack: Duration? = nil
    ) -> Limit {
        Limit(name: "rate/" + partition, value: rateText(allowance, period, slack))
    }

    /// Stops jobs, no attempt spent, while what they depend on fails with ``DependencyUnavailable``: for each value of a
    /// partition, or for a dependency, which has a breaker by these defaults anyway.
    /// - Parameters:
    ///   - failures: that open it, 1 to 1,000.
    ///   - within: the time in which they count.
    ///   - cools: how long nothing starts; then one job at a time tries, until one succeeds.
    public static func breaker(
        partition: String, opensAfter failures: Int = 5, within: Duration = .seconds(30), coolsFor cools: Duration = .seconds(20)
    ) -> Limit {
        Limit(name: "breaker/" + partition, value: "\(failures)/\(within.milliseconds)/\(cools.milliseconds)")
    }

    /// The share of one value of a partition among the others, whose weight is 1: 1 to 1,000.
    public static func weight(_ weight: Int, partition: String, value: String) -> Limit {
        Limit(name: "weight/" + partition + "=" + PartitionValue.encoded(value), value: "\(weight)")
    }

    /// Jobs of the queue that wait to run, available, scheduled, retryable or suspended: 1 to 1,000,000,000. What is enqueued beyond it
    /// is refused with `queueFull`, or waits in its client: see `SluiceClient.Options.backPressure`. What was accepted before is not:
    /// jobs that follow others, that recur, and that runs, workflows and batches bring in.
    public static func depth(_ most: Int) -> Limit { Limit(name: "depth", value: "\(most)") }

    private static func rateText(_ allowance: Int, _ period: Duration, _ slack: Duration?) -> String {
        "\(allowance)/\(period.milliseconds)" + (slack.map { "/\($0.milliseconds)" } ?? "")
    }

    /// The limit in its canonical form.
    /// - Throws: `invalidArgument` for a name or numbers that make no sense.
    package func checked() throws(SluiceError) -> Limit {
        let name = try LimitName(canonical: name)
        let value = try LimitValue(canonical: value, of: name.kind)
        if value == .none {
            throw SluiceError(.invalidArgument, "only an override lifts a limit: '\(name)' cannot be declared so")
        }
        return Limit(name: name.text, value: value.text)
    }

    /// The text of name and value, such as `rate/host 40/10000`.
    public var description: String { name + " " + value }
}

extension Sequence<Limit> {
    /// The limits in their canonical form, sorted by name.
    /// - Throws: `invalidArgument` for one that makes no sense, and for two of one name.
    package func checked() throws(SluiceError) -> [Limit] {
        var limits: [Limit] = []
        for limit in self { limits.append(try limit.checked()) }
        limits.sort { $0.name < $1.name }
        for (limit, next) in zip(limits, limits.dropFirst()) where limit.name == next.name {
            throw SluiceError(.invalidArgument, "the limit \(limit.name) is declared twice")
        }
        return limits
    }
}
