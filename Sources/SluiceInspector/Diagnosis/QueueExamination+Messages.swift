import SluiceCore
import SluiceStore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension QueueExamination {
    /// The pages of links to read.
    private static let mostLinkPages = 10

    /// Examines the outbox messages of this queue that do not arrive.
    mutating func examineOutbox() async throws(SluiceError) {
        let (hasMore, messages) = try await store.call(DiagnoseOutbox(), on: queue)
        for message in messages {
            let age = HumanText.duration(max(Date(milliseconds: message.since).age(at: now), .zero))
            let news =
                "\(message.count == 1 ? "1 message" : "\(HumanText.number(message.count)) messages") for \(place(message.target))"
            switch message.trouble {
            case .stuck:
                part.add(
                    .problem, "queue.messages_stuck", "\(news), up to \(age) old, and no process relays what is due",
                    cure: "start a worker of any queue, such as " + worker + ": within a minute it relays them")
            case .slow:
                part.add(
                    .problem, "queue.messages_slow", "\(news), up to \(age) old, relayed again and again without arriving",
                    cure: "see the logs of the workers of \(queue), which say what refuses them")
            case .expired:
                part.add(
                    .problem, "queue.messages_expired",
                    "\(news), up to \(age) old, which is too old to be relayed: \(message.example) and those with it stay here",
                    cure: cures.tool("jobs", "retry", "--queue", queue.text, message.example)
                        + " sends it anew, cancel or delete ends it")
            case .unreadable:
                part.add(
                    .problem, "queue.messages_unreadable",
                    "\(news), set aside up to \(age) ago, since no worker here can read it: \(message.example)",
                    cure: "start a worker of the version that wrote it, which reads it; "
                        + cures.redis("FCALL", "sluice_drop_messages", "1", store.keys.base(queue), message.example)
                        + " drops it, and its receiver is not notified")
            }
        }
        if hasMore { part.unseen.append("messages beyond the 1,000 that are due first") }
    }

    /// Reports notifications that were given up. A discarded one has used all its attempts, or its receiver has refused it.
    mutating func examineWebhooks(_ status: QueueStatus) {
        guard queue == Notify.queue, let count = status.states[.discarded], count > 0 else { return }
        part.add(
            .problem, "queue.webhooks_discarded",
            "\(HumanText.count(count, "notification")) \(count == 1 ? "was" : "were") discarded: the receivers do not have them",
            cure: "read why with " + cures.tool("jobs", "errors", queue.text) + ", then send them again with "
                + cures.tool("jobs", "retry", "--queue", queue.text, "--state", "discarded") + ", or let them go with "
                + cures.tool("jobs", "purge", "--queue", queue.text, "--state", "discarded"))
    }

    /// The name of a message's destination.
    private func place(_ target: String) -> String {
        let parts = target.split(separator: ".", maxSplits: 1)
        if target.isEmpty { return "an unknown receiver" }
        if target == "follow" { return "followers in this queue" }
        guard parts.count == 2 else { return target }
        return switch parts[0] {
        case "queue", "slot": "queue \(parts[1])"
        case "notify": "web hooks, of jobs of queue \(parts[1])"
        default: "\(parts[0]) \(parts[1])"
        }
    }

    /// Finds jobs that belong to a batch or workflow that no longer exists.
    mutating func examineLinks() async throws(SluiceError) {
        var cursor: String? = "0"
        var pages = 0
        var targets: [String: DiagnoseLinks.Item] = [:]
        while let place = cursor {
            if pages == min(Self.mostLinkPages, effort.pages) {
                part.unseen.append("batches and workflows of jobs beyond the first \(HumanText.number(pages * 200))")
                break
            }
            let page = try await store.call(DiagnoseLinks(cursor: place), on: queue)
            for item in page.links { targets[item.target, default: item].count += targets[item.target] == nil ? 0 : item.count }
            (cursor, pages) = (page.next, pages + 1)
        }
        for item in targets.values.sorted(by: { $0.target < $1.target }) {
            if !effort.mayLookElsewhere() { return part.unseen.append("whether all batches and workflows of its jobs are there") }
            guard try await isGone(item.target) else { continue }
            let kind = item.target.hasPrefix("batch.") ? "batch" : "workflow"
            part.add(
                .notice, "queue.\(kind)_gone",
                "\(HumanText.count(item.count, "job")), such as \(item.example), \(item.count == 1 ? "is" : "are") of "
                    + "\(place(item.target)), which is gone",
                cure: "let them run, or " + cures.tool("jobs", "cancel", "--queue", queue.text, item.example.text))
        }
    }

    private func isGone(_ target: String) async throws(SluiceError) -> Bool {
        let parts = target.split(separator: ".", maxSplits: 1)
        guard parts.count == 2 else { return false }
        let id = String(parts[1])
        if parts[0] == "batch" { return try await store.call(ReadBatch(), batch: BatchID(known: id)).isEmpty }
        return try await store.call(ReadWorkflow(), workflow: id).isEmpty
    }
}
