public import SluiceCore
import SluiceStore

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// An entry of a queue's crontab, and how it stands.
public struct CronStatus: Sendable {
    /// Who put it there.
    public enum Source: String, Sendable, Hashable {
        /// A worker's code.
        case code
        /// Somebody, by the tool or a client.
        case `operator`
    }

    /// A pause that somebody made.
    public struct Pause: Sendable, Hashable {
        /// Since when, by the server's clock.
        public var since: Date
        /// As it was given.
        public var reason: String
    }

    /// Its name.
    public var name: String
    /// The queue that its jobs go to.
    public var queue: QueueName
    /// When it recurs.
    public var expression: String
    /// The name of its time zone.
    public var zone: String
    /// The kind of its jobs.
    public var kind: String
    /// Their arguments, as JSON: redacted fields masked, and a placeholder if they are encrypted with a key that the client lacks.
    public var arguments: String
    /// The id of the key that their arguments are encrypted with; nil if they are not.
    public var key: String?
    /// What becomes of ticks that were missed.
    public var catchUp: CatchUp
    /// What becomes of ticks while a job has not ended.
    public var overlap: Overlap
    /// By how much its jobs may be due later.
    public var jitter: Duration
    /// No tick is before it.
    public var start: Date?
    /// No tick is after it.
    public var end: Date?
    /// Jobs after which it is finished.
    public var limit: Int?
    /// Jobs that its ticks have made.
    public var runs: Int
    /// When the next tick is due; nil while it is paused, and once it is finished.
    public var next: Date?
    /// Whether and since when it is paused.
    public var pause: Pause?
    /// Since when it has no tick left.
    public var finished: Date?
    /// Who put it there.
    public var source: Source
    /// Of one that code declared, whether a worker lives that declares it; true for others.
    public var isDeclared: Bool
    /// What became of its newest tick.
    public var last: CronTick?
    /// The server's time when this was read.
    public var time: Date
}

extension CronStatus {
    init(
        _ item: CronList.Item, queue: QueueName, now: Int, declared: Set<String>, keys: PayloadKeys?
    ) throws(SluiceError) {
        let entry = try CronEntry(decoding: item.text)
        let spec = try Self.spec(entry.job)
        func date(_ ms: Int?) -> Date? { ms.map { Date(timeIntervalSince1970: Double($0) / 1000) } }
        self.init(
            name: item.name, queue: queue, expression: entry.expression, zone: entry.zone, kind: spec.kind,
            arguments: spec.shownArguments(keys, of: SealOwner(cron: item.name, in: queue)), key: spec.key,
            catchUp: entry.catchUp, overlap: entry.overlap,
            jitter: .milliseconds(entry.jitter), start: date(entry.start), end: date(entry.end), limit: entry.limit,
            runs: item.runs, next: date(item.next), pause: Self.pause(item.paused), finished: date(item.finished),
            source: Source(rawValue: item.source) ?? .operator, isDeclared: !item.isOfCode || declared.contains(item.name),
            last: CronTick(line: item.last), time: Date(timeIntervalSince1970: Double(now) / 1000))
    }

    private static func spec(_ text: [UInt8]) throws(SluiceError) -> JobSpec {
        let read = text.withUnsafeBytes { bytes -> Result<JobSpec, SluiceError> in
            do throws(SluiceError) {
                return .success(try JobSpec(decoding: bytes))
            } catch {
                return .failure(error)
            }
        }
        return try read.get()
    }

    private static func pause(_ text: String) -> Pause? {
        let parts = text.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        guard let since = parts.first.flatMap({ Double($0) }) else { return nil }
        return Pause(since: Date(timeIntervalSince1970: since / 1000), reason: parts.count > 1 ? String(parts[1]) : "")
    }
}
