/// The job whose texts are sealed: they open as those of that job, and of no other.
///
/// Of a job whose id is not known when it is sealed the texts are bound to what is: to its cron entry, whose ticks carry one text, or, for
/// a unique job, to queue and kind, since it may come to replace another one, or to succeed it.
package struct SealOwner: Sendable, Hashable {
    let queue: QueueName
    /// What stands for the job; empty for any job of the queue.
    let subject: String

    /// A job by its id; jobs of one cron entry are one.
    package init(_ id: JobID, in queue: QueueName) {
        self.queue = queue
        subject = Self.subject(of: id.text)
    }

    /// Any job of a queue.
    package init(anyIn queue: QueueName) {
        self.queue = queue
        subject = ""
    }

    /// The jobs of a cron entry.
    package init(cron name: String, in queue: QueueName) { self.init(JobID(known: "cron:\(name):"), in: queue) }

    /// The same for a job that came to its spec by another one of its queue.
    var anyJob: SealOwner { SealOwner(anyIn: queue) }

    /// `cron:NAME` of `cron:NAME:TICK`; names of entries have no colon.
    private static func subject(of id: String) -> String {
        guard id.hasPrefix("cron:"), let colon = id.dropFirst(5).firstIndex(of: ":") else { return id }
        return String(id[..<colon])
    }
}

extension PayloadKeys {
    /// What a text is, which is sealed with it: one kind of text does not open as another.
    package enum Part {
        /// Of a kind.
        case arguments(String, of: SealOwner)
        case output(JobID)
        /// What a step has returned that is done once, by its key.
        case step(String, of: SealOwner)

        /// What is authenticated with the text. No part of it has a NUL.
        var bytes: [UInt8] {
            switch self {
            case .arguments(let kind, let owner): Self.joined("sluice arguments", kind, owner.queue.text, owner.subject)
            case .output(let id): Self.joined("sluice output", id.text)
            case .step(let key, let owner): Self.joined("sluice step", owner.queue.text, owner.subject, key)
            }
        }

        /// What may have been authenticated with it, most likely first: that of earlier releases named no job.
        var readings: [[UInt8]] {
            switch self {
            case .arguments(let kind, let owner):
                [bytes, Part.arguments(kind, of: owner.anyJob).bytes, Array("sluice arguments \(kind)".utf8)]
            case .output: [bytes, Array("sluice output".utf8)]
            case .step: [bytes, Array("sluice step".utf8)]
            }
        }

        private static func joined(_ words: String...) -> [UInt8] { Array(words.joined(separator: "\0").utf8) }
    }
}
