import Hiredis
package import SluiceCore

/// An outbox message: an event in a queue for another slot (`lua/relay/outbox.lua`). It is handed out until it is acknowledged,
/// so it arrives at least once.
package struct OutboxMessage: Sendable, Hashable {
    /// The event and its recipient.
    package enum Event: Sendable, Hashable {
        /// A node of a workflow has ended, with its output as JSON if it completed and has one.
        case node(workflow: String, name: String, job: JobID, state: EndState, output: String)
        /// Members of a batch have ended; without a state, their first attempt failed.
        case members(batch: String, state: EndState?, jobs: [JobID])
        /// Jobs that are suspended here belong to another queue.
        case moved(queue: QueueName, jobs: [JobID])
        /// A job that moved from that queue to this one has ended; its followers are still there.
        case left(queue: QueueName, job: JobID, state: EndState)
        /// Webhook notifications about a job, in order, for that queue.
        case notices(queue: QueueName, job: JobID, [Notice])
        /// The message cannot be read: a newer library wrote it, or something else did.
        case unknown
    }

    /// The final state of a job.
    package enum EndState: String, Sendable, Hashable, CaseIterable {
        case completed, cancelled, discarded, deleted
    }

    /// Its number in its queue.
    package var number: String
    package var event: Event

    static func list(_ reply: RedisValue) -> [OutboxMessage] {
        reply.rows(of: 2).map { OutboxMessage(number: $0.text(0), event: Event($0[1].bytes ?? [])) }
    }
}

extension OutboxMessage.Event {
    /// Parses the text of a message: a line of words, and for a node its output below.
    package init(_ text: String) { self.init(Array(text.utf8)) }

    /// Takes bytes, since the part below the line may not be UTF-8.
    init(_ text: [UInt8]) {
        let parts = text.split(separator: UInt8(ascii: "\n"), maxSplits: 1, omittingEmptySubsequences: false)
        let words = String(decoding: parts[0], as: UTF8.self).split(separator: " ").map(String.init)
        let target = (words.first ?? "").split(separator: ".", maxSplits: 1).map(String.init)
        guard target.count == 2 else {
            self = .unknown
            return
        }
        switch target[0] {
        case "queue":
            guard let queue = try? QueueName(target[1]) else { break }
            self = .moved(queue: queue, jobs: words.dropFirst().map(JobID.init(known:)))
            return
        case "slot":
            guard words.count == 3, let state = OutboxMessage.EndState(rawValue: words[1]), let queue = try? QueueName(target[1])
            else {
                break
            }
            self = .left(queue: queue, job: JobID(known: words[2]), state: state)
            return
        case "notify":
            guard words.count == 5, let queue = try? QueueName(target[1]), parts.count > 1, let list = Notice.list(parts[1])
            else {
                break
            }
            self = .notices(queue: queue, job: JobID(known: words[1]), list)
            return
        case "batch":
            guard words.count > 1 else { break }
            let state = OutboxMessage.EndState(rawValue: words[1])
            if state == nil, words[1] != "attempted" { break }
            self = .members(batch: target[1], state: state, jobs: words.dropFirst(2).map(JobID.init(known:)))
            return
        case "workflow":
            guard words.count == 4, let state = OutboxMessage.EndState(rawValue: words[1]) else { break }
            self = .node(
                workflow: target[1], name: words[2], job: JobID(known: words[3]), state: state,
                output: parts.count > 1 ? String(decoding: parts[1], as: UTF8.self) : "")
            return
        default: break
        }
        self = .unknown
    }
}
