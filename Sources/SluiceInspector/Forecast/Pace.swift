import SluiceCore

#if canImport(FoundationEssentials)
    package import FoundationEssentials
#else
    package import Foundation
#endif

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// How fast a queue was in the last minutes. Rates are by second.
package struct Pace: Sendable, Hashable {
    /// The jobs that came: the lower and the upper quarter of the minutes, so that one bulk enqueue is no stream of jobs.
    package var arrivals: ClosedRange<Double> = 0...0
    /// The runs that started while jobs waited all the time; nil if they did not wait long enough to tell.
    package var starts: Double?
    /// The time over which `starts` was observed, in seconds.
    package var observed = 0.0
    /// The mean time that a run holds its place, in seconds; nil without runs.
    package var mean: Double?
    /// The relative uncertainty of that mean.
    package var spread = 0.0
    /// Runs for each job that ended.
    package var runsPerJob = 1.0

    package init() {}

    /// The least time of waiting from which a throughput is taken.
    private static let least = 5.0
    /// Minutes of which starts are counted. Older ones had other workers, perhaps.
    private static let recent = 5

    /// Reads the pace from minutes, the last one under way.
    /// - Parameters:
    ///   - points: Minutes, the oldest first.
    ///   - waiting: How long jobs have waited for workers without a break.
    ///   - now: The server's time.
    package init(_ points: [History.Point], waiting: Duration, now: Date) {
        guard let first = points.firstIndex(where: { !$0.counts.isEmpty || !$0.kinds.isEmpty }), let last = points.last else {
            return
        }
        let points = points[first...]
        let elapsed = max(now.timeIntervalSince(last.start), 0.001)
        observeArrivals(points, elapsed)
        observeRuns(points)
        observeStarts(points, waiting.seconds, elapsed, now)
    }

    private mutating func observeArrivals(_ points: ArraySlice<History.Point>, _ elapsed: Double) {
        var rates = points.dropLast().map { Double($0.came) / 60 }
        if let last = points.last, elapsed >= 20 || rates.count == 1 { rates.append(Double(last.came) / elapsed) }
        guard rates.count > 1 else { return }
        rates.sort()
        arrivals = rates[(rates.count - 1) / 4]...rates[(rates.count - 1) * (rates.count == 2 ? 0 : 3) / 4]
    }

    private mutating func observeRuns(_ points: ArraySlice<History.Point>) {
        let all = points.reduce(into: RunHistory()) { $0.merge($1.all) }
        let ended = points.reduce(0) { $0 + $1.gone }
        if ended > 0 { runsPerJob = max(Double(all.runs) / Double(ended), 1) }
        guard let mean = all.durations.mean?.seconds else { return }
        // A run shorter than the server's millisecond holds its place until its worker calls again, about as long.
        self.mean = max(mean, 0.0005)
        let count = Double(all.durations.count)
        let variance = all.durations.variance / (mean > 0 ? mean * mean : 1)
        spread = min(0.05 + 2 * sqrt(variance / count), 0.9)
    }

    private mutating func observeStarts(_ points: ArraySlice<History.Point>, _ waiting: Double, _ elapsed: Double, _ now: Date) {
        guard waiting >= Self.least else { return }
        var (started, span) = (0, 0.0)
        for point in points.suffix(Self.recent).reversed() {
            let age = now.timeIntervalSince(point.start)
            // A minute that began before the jobs waited tells less than the others.
            if age > waiting, span > 0 { break }
            started += point.counts["started", default: 0]
            span = min(age, waiting)
        }
        if span >= Self.least { (starts, observed) = (Double(started) / span, span) }
    }
}

extension History.Point {
    /// Jobs that came to wait here.
    fileprivate var came: Int { ["enqueued", "visiting", "revived"].reduce(0) { $0 + counts[$1, default: 0] } }

    /// Jobs that ended.
    fileprivate var gone: Int { ["completed", "cancelled", "discarded"].reduce(0) { $0 + counts[$1, default: 0] } }
}

extension DurationHistogram {
    /// The variance, in square seconds.
    fileprivate var variance: Double {
        guard let mean = mean?.seconds, count > 0 else { return 0 }
        return counts.reduce(0) { sum, bucket in
            let distance = Self.middle(of: bucket.key) / 1000 - mean
            return sum + distance * distance * Double(bucket.value)
        } / Double(count)
    }
}
