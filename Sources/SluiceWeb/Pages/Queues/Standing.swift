import SluiceCore
import SluiceInspector

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// How a queue stands, in a word, and why: what a user must know within five seconds.
struct Standing: Sendable {
    /// Something that is not as it should be, or that an operator has switched off.
    struct Note: Sendable {
        var tone: Parts.Tone
        var text: String
    }

    /// How long a job may wait before it is worth a note.
    private static let patience = Duration.seconds(300)

    /// How long a job may be due without a worker: less than a deployment takes is no problem.
    private static let tolerance = Duration.seconds(30)

    /// The worst first.
    let notes: [Note]

    init(_ queue: Snapshot.Queue) {
        let status = queue.status
        var notes: [Note] = []
        let ready = status.available
        let late = max(status.oldest[.scheduled] ?? .zero, status.oldest[.retryable] ?? .zero)
        if status.workers == 0, ready > 0 {
            notes.append(
                Note(
                    tone: .wrong,
                    text: "\(HumanText.count(ready, "job")) \(ready == 1 ? "is" : "are") ready, and there is no worker"))
        } else if status.workers == 0, late > Self.tolerance {
            notes.append(Note(tone: .wrong, text: "a job has been due for \(HumanText.duration(late)), and there is no worker"))
        }
        if let pause = status.pause {
            let age = HumanText.duration(max(pause.since.age(at: status.time), .zero))
            notes.append(Note(tone: .look, text: "paused for \(age)" + (pause.reason.isEmpty ? "" : ": \(pause.reason)")))
        } else if status.workers > 0, status.oldestAvailable > Self.patience {
            notes.append(Note(tone: .look, text: "the oldest ready job has waited \(HumanText.duration(status.oldestAvailable))"))
        }
        if let limit = status.depthLimit, status.waiting >= limit {
            notes.append(Note(tone: .wrong, text: "full: \(HumanText.number(limit)) jobs wait, and new jobs are refused"))
        }
        for dependency in queue.unavailable {
            notes.append(
                dependency.offSince == nil
                    ? Note(tone: .wrong, text: "the breaker of \(dependency.name) is \(dependency.breaker.rawValue)")
                    : Note(tone: .look, text: "\(dependency.name) is switched off"))
        }
        let discarded = queue.lastHour("discarded")
        if discarded > 0 {
            notes.append(
                Note(
                    tone: .look,
                    text: "\(HumanText.count(discarded, "job")) \(discarded == 1 ? "was" : "were") discarded in the last hour"))
        }
        self.notes = notes.filter { $0.tone == .wrong } + notes.filter { $0.tone != .wrong }
    }

    /// The state of the queue in a word.
    func word(_ status: QueueStatus) -> HTML {
        if let worst = notes.first {
            return Parts.word(worst.tone, status.pause != nil && worst.tone != .wrong ? "paused" : Self.word(worst))
        }
        if status.executing > 0 { return Parts.word(.good, "running") }
        return Parts.word(.quiet, status.waiting > 0 ? "waiting" : "idle")
    }

    private static func word(_ note: Note) -> String { note.tone == .wrong ? "problem" : "warning" }
}
