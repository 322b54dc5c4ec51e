/// A limit on the jobs of a queue, across all workers on all hosts. Usage is counted from the jobs that hold a place, so the
/// death of a process leaks none.
///
/// ```swift
/// Queue("exports", limits: [.concurrency(12), .concurrency(2, partition: "account"), .rate(40, per: .seconds(10), partition: "host")])
/// ```
/// Limits refer to partitions, or to dependencies of jobs, by name. A limit does not apply to a job without that partition. The
/// worker's start throws `invalidArgument` for numbers and names that are not valid.
public struct Limit: Hashable, Sendable, CustomStringConvertible {
    /// Such as `rate/host`: see `LimitName`.
    package var name: String
    /// Such as `40/10000`: see `LimitValue`.
    package var value: String

    /// Takes texts unchecked; ``checked()`` checks them.
    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }

    /// Limits how many jobs of the queue run at the same time: 1 to 1,000,000.
    public static func concurrency(_ most: Int) -> Limit { Limit(name: "concurrency", value: "\(most)") }

    /// Limits how many jobs run at the same time for each value of a partition, or with a dependency: 1 to 1,000,000.
    public static func concurrency(_ most: Int, partition: String) -> Limit {
        Limit(name: "concurrency/" + partition, value: "\(most)")
    }

    /// Limits how many jobs of the queue start within any window of a period, by the server's clock. Retries count.
    /// - Parameters:
    ///   - allowance: starts in a period, 1 to 1,000,000,000.
    ///   - period: 1 ms to 31 days.
    ///   - margin: widens the window, because a call to the outside follows its job's start by a little. 3 % of the period by
    ///     default.
    public static func rate(_ allowance: Int, per period: Duration, margin: Duration? = nil) -> Limit {
        Limit(name: "rate", value: rateText(allowance, period, margin))
    }

    /// Limits how many jobs start within any window of a period, for each value of a partition or for a dependency.
    public static func rate(
        _ allowance: Int, per period: Duration, partition: String, margin: Duration? = nil
    ) -> Limit {
        Limit(name: "rate/" + partition, value: rateText(allowance, period, margin))
    }

    /// Holds jobs back, without spending attempts, while a dependency fails with ``DependencyUnavailable``: for each value of a
    /// partition, or for a dependency. Dependencies have a breaker with these defaults anyway.
    /// - Parameters:
    ///   - failures: failures that open the breaker, 1 to 1,000.
    ///   - within: the time in which they count.
    ///   - cools: how long no job starts. Then one job at a time tries, until one succeeds.
    public static func breaker(
        partition: String, opensAfter failures: Int = 5, within: Duration = .seconds(30), coolsFor cools: Duration = .seconds(20)
    ) -> Limit {
        Limit(name: "breaker/" + partition, value: "\(failures)/\(within.milliseconds)/\(cools.milliseconds)")
    }

    /// Sets the share of one value of a partition, relative to the others, whose weight is 1: 1 to 1,000.
    public static func weight(_ weight: Int, partition: String, value: String) -> Limit {
        Limit(name: "weight/" + partition + "=" + PartitionValue.encoded(value), value: "\(weight)")
    }

    /// Limits how many jobs of the queue wait to run, available, scheduled, retryable or suspended: 1 to 1,000,000,000. Beyond it
    /// an enqueue throws `queueFull`, or waits in its client: see `SluiceClient.Options.backPressure`. Work that was accepted
    /// before is exempt: follow-ups, recurring jobs, and jobs from runs, workflows and batches.
    public static func depth(_ most: Int) -> Limit { Limit(name: "depth", value: "\(most)") }

    private static func rateText(_ allowance: Int, _ period: Duration, _ margin: Duration?) -> String {
        "\(allowance)/\(period.milliseconds)" + (margin.map { "/\($0.milliseconds)" } ?? "")
    }

    /// The limit in its canonical form.
    /// - Throws: `invalidArgument` for a name or numbers that are not valid.
    package func checked() throws(SluiceError) -> Limit {
        let name = try LimitName(canonical: name)
        let value = try LimitValue(canonical: value, of: name.kind)
        if value == .none {
            throw SluiceError(.invalidArgument, "only an override lifts a limit: '\(name)' cannot be declared so")
        }
        return Limit(name: name.text, value: value.text)
    }

    /// Name and value as text, such as `rate/host 40/10000`.
    public var description: String { name + " " + value }
}

extension Sequence<Limit> {
    /// The limits in their canonical form, sorted by name.
    /// - Throws: `invalidArgument` for a limit that is not valid, and for two of one name.
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
