import Foundation
import Sluice
import SluiceCore
import SluiceWorker
import Synchronization

/// The measured job. Its first run starts a task of an upstream; later runs look whether the task is done.
struct BenchWatch: Job {
    static let kind = "bench-watch"
    /// The group of tasks that are watched in the same way.
    var group: Int
    var number: Int
}

/// An upstream within the process. It does not report the end of a task, so jobs have to poll it.
final class BenchUpstream: Sendable {
    /// How the tasks of a group were watched.
    struct Watched: Sendable {
        /// The looks of all jobs after their first runs.
        var looks = 0
        /// The times from the end of a task to the look that found it, in s.
        var delays: [Double] = []
    }

    private struct Group {
        var snooze: Snooze
        var durations: [Duration]
        var ends: [Int: ContinuousClock.Instant] = [:]
        var watched = Watched()
    }

    private let groups = Mutex<[Int: Group]>([:])

    /// Opens a group of tasks with these durations.
    func open(_ group: Int, _ durations: [Duration], snooze: Snooze) {
        groups.withLock { $0[group] = Group(snooze: snooze, durations: durations) }
    }

    /// Makes one run of a job. Returns the wait before the next run; nil if the task is done.
    func look(_ job: BenchWatch) -> Snooze? {
        let now = ContinuousClock.now
        return groups.withLock { groups in
            guard var group = groups[job.group], group.durations.indices.contains(job.number) else { return nil }
            defer { groups[job.group] = group }
            guard let end = group.ends[job.number] else {
                group.ends[job.number] = now + group.durations[job.number]
                return group.snooze
            }
            group.watched.looks += 1
            if now < end { return group.snooze }
            group.watched.delays.append((now - end).seconds)
            return nil
        }
    }

    /// The figures of a group; nil until all its tasks were found done.
    func watched(_ group: Int) -> Watched? {
        groups.withLock { groups in
            guard let found = groups[group], found.watched.delays.count == found.durations.count else { return nil }
            return found.watched
        }
    }
}

/// How long tasks take.
enum BenchTasks: String, CaseIterable {
    case logNormal = "log-normal"
    case bimodal

    func durations(_ count: Int) -> [Duration] {
        (0..<count).map { _ in .milliseconds(Int(1000 * min(max(seconds, 0.3), 6))) }
    }

    /// About 2 s: a hump with a long tail; or mostly 1.2 s, else 2.8 s.
    private var seconds: Double {
        switch self {
        case .logNormal: exp(0.6 + 0.35 * Self.normal)
        case .bimodal: Double.random(in: 0..<1) < 0.7 ? 1.2 + 0.1 * Self.normal : 2.8 + 0.2 * Self.normal
        }
    }

    /// By Box and Muller.
    private static var normal: Double {
        sqrt(-2 * log(Double.random(in: Double.leastNonzeroMagnitude..<1))) * cos(2 * .pi * Double.random(in: 0..<1))
    }
}
