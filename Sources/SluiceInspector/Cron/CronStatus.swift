public import SluiceCore
import SluiceStore

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// An entry of a queue's crontab, with its current state.
public struct CronStatus: Sendable {
    /// The origin of an entry.
    public enum Source: String, Sendable, Hashable {
        /// Declared by a worker's code.
        case code
        /// Added by a person, through the tool or a client.
        case `operator`
    }

    /// A pause made by a person.
    public struct Pause: Sendable, Hashable {
        /// Its start, by the server's clock.
        public var since: Date
        /// The reason, as it was given.
        public var reason: String
    }

    /// The name of the entry.
    public var name: String
    /// The queue that its jobs go to.
    public var queue: QueueName
    /// The schedule, in the syntax of ``CronExpression``.
    public var expression: String
    /// The name of its time zone.
    public var zone: String
    /// The kind of its jobs.
    public var kind: String
    /// Their arguments, as JSON. Redacted fields are masked; arguments encrypted with a key that the inspector lacks show as a
    /// placeholder.
    public var arguments: String
    /// The id of the key that encrypts their arguments; nil if they are not encrypted.
    public var key: String?
    /// The policy for ticks that were missed.
    public var catchUp: CatchUp
    /// The policy for a tick whose predecessor's job has not ended.
    public var overlap: Overlap
    /// The longest random delay of a job after its tick.
    public var jitter: Duration
    /// The earliest tick, if bounded.
    public var start: Date?
    /// The latest tick, if bounded.
    public var end: Date?
    /// The number of jobs after which the entry is finished.
    public var limit: Int?
    /// The number of jobs that its ticks have enqueued.
    public var runs: Int
    /// When the next tick is due; nil while the entry is paused, and once it is finished.
    public var next: Date?
    /// The pause in effect, if any.
    public var pause: Pause?
    /// When the entry ran out of ticks; nil before.
    public var finished: Date?
    /// The origin of the entry.
    public var source: Source
    /// For an entry from code, whether a live worker declares it; true for all others.
    public var isDeclared: Bool
    /// The newest tick that is recorded, if any.
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

extension CronStatus {
    /// The next ticks after a time, within the bounds of the entry, whether or not it is paused; fewer if there are not so many.
    /// - Throws: `invalidArgument` if this program does not know the schedule or the zone.
    public func ticks(after time: Date, count: Int) throws(SluiceError) -> [Date] {
        let schedule = CronSchedule(
            try CronExpression(expression), in: try CronZone.named(zone), start: start.map { ($0.milliseconds + 999) / 1000 },
            end: end.map { $0.milliseconds / 1000 })
        var ticks: [Date] = []
        var last = time.milliseconds / 1000
        while ticks.count < count, let tick = schedule.next(after: last) {
            ticks.append(Date(milliseconds: tick * 1000))
            last = tick
        }
        return ticks
    }
}
