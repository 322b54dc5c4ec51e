/// The job to which encrypted texts belong: they decrypt as texts of that job only.
///
/// If the job's id is not known at encryption, its texts are bound to what is known. For a cron entry, that is the entry, since
/// all its ticks carry one text. For a unique job, it is queue and kind, since the job may replace another one, or succeed it.
package struct SealOwner: Sendable, Hashable {
    let queue: QueueName
    /// The job's part of the binding; empty for any job of the queue.
    let subject: String

    /// A job by its id. All jobs of one cron entry are the same owner.
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

    /// The owner for a job that got its spec from another one of its queue.
    var anyJob: SealOwner { SealOwner(anyIn: queue) }

    /// `cron:NAME` from `cron:NAME:TICK`; names of entries have no colon.
    private static func subject(of id: String) -> String {
        guard id.hasPrefix("cron:"), let colon = id.dropFirst(5).firstIndex(of: ":") else { return id }
        return String(id[..<colon])
    }
}

extension PayloadKeys {
    /// The role of a text, which is authenticated with it: a text of one role does not decrypt as another.
    package enum Part {
        /// The arguments of a job of a kind.
        case arguments(String, of: SealOwner)
        case output(JobID)
        /// The recorded result of a `once` step, by its key.
        case step(String, of: SealOwner)

        /// The data authenticated with the text. No part of it has a NUL.
        var bytes: [UInt8] {
            switch self {
            case .arguments(let kind, let owner): Self.joined("sluice arguments", kind, owner.queue.text, owner.subject)
            case .output(let id): Self.joined("sluice output", id.text)
            case .step(let key, let owner): Self.joined("sluice step", owner.queue.text, owner.subject, key)
            }
        }

        /// The data that may have been authenticated with the text, most likely first. Earlier releases named no job.
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
