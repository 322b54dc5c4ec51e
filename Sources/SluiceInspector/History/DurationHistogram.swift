import SluiceCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Durations in buckets that grow by a fixed factor, four to an octave. A quantile is less than 8.7 % from the exact one; below some
/// milliseconds the rounding to whole milliseconds adds to that. Histograms of different times, kinds and queues add up without
/// loss.
///
/// The error bound is that of DDSketch (Masson, Rim and Lee, VLDB 2019, <https://arxiv.org/abs/1908.10693>); the buckets are those
/// of OpenTelemetry's exponential histogram at scale 2.
public struct DurationHistogram: Sendable, Hashable {
    /// The number of durations by bucket. Bucket 0 is below 1 ms, bucket i is from 2^((i-1)/4) to 2^(i/4) ms.
    package private(set) var counts: [Int: Int]

    /// Creates an empty histogram.
    public init() { counts = [:] }

    /// The number of durations.
    public var count: Int { counts.values.reduce(0, +) }

    /// The bucket of a duration.
    package static func bucket(of duration: Duration) -> Int { DurationBuckets.bucket(of: duration.seconds * 1000) }

    /// The lower end of a bucket, in ms.
    static func start(of bucket: Int) -> Double { bucket < 1 ? 0 : exp2(Double(bucket - 1) / 4) }

    /// The value that stands for a bucket, in ms: its relative distance to both ends is the same. The first bucket stands for zero.
    static func middle(of bucket: Int) -> Double {
        let start = start(of: bucket), end = Self.start(of: bucket + 1)
        return start == 0 ? 0 : 2 * start * end / (start + end)
    }

    package mutating func add(_ count: Int, inBucket bucket: Int) {
        guard count > 0 else { return }
        counts[min(max(bucket, 0), DurationBuckets.last), default: 0] += count
    }

    /// Adds a duration a number of times.
    public mutating func add(_ duration: Duration, count: Int = 1) { add(count, inBucket: Self.bucket(of: duration)) }

    /// Adds all durations of another histogram.
    public mutating func merge(_ other: DurationHistogram) { counts.merge(other.counts, uniquingKeysWith: +) }

    /// The duration below which a share of all durations lie, from 0 to 1; nil if there are none.
    public func quantile(_ share: Double) -> Duration? {
        let count = count
        guard count > 0 else { return nil }
        let rank = min(max(Int((share * Double(count)).rounded(.up)), 1), count)
        var before = 0
        for bucket in counts.keys.sorted() {
            before += counts[bucket, default: 0]
            if before >= rank { return .fractional(Self.middle(of: bucket) / 1000) }
        }
        return nil
    }

    /// The mean, with the same error; nil if there are no durations.
    public var mean: Duration? {
        let count = count
        guard count > 0 else { return nil }
        return .fractional(counts.reduce(0) { $0 + Self.middle(of: $1.key) * Double($1.value) } / Double(count) / 1000)
    }

    /// The buckets that have durations, the shortest first.
    public var buckets: [(range: Range<Duration>, count: Int)] {
        counts.sorted { $0.key < $1.key }.map { bucket, count in
            (.fractional(Self.start(of: bucket) / 1000)..<(.fractional(Self.start(of: bucket + 1) / 1000)), count)
        }
    }
}
