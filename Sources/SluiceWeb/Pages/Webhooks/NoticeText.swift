import SluiceCore
import SluiceInspector

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What people read of a notification. Its URL is not shown, since receivers put secrets there.
struct NoticeText {
    private struct Arguments: Decodable {
        struct Body: Decodable {
            var event: String?
            var state: String?
        }
        var body: Body
    }

    /// The event, and how the job ended.
    var event: String
    /// The host of the receiver.
    var host: String
    /// The job that it tells of, and its queue.
    var subject: (queue: QueueName, id: JobID)?

    init(_ job: JobDetails) {
        host = job.partitions["host"] ?? "–"
        let body = (try? JSONDecoder().decode(Arguments.self, from: Data(job.arguments.utf8)))?.body
        switch (body?.event, body?.state) {
        case ("ended"?, let state?): event = state
        case (let event?, _): self.event = event
        case (nil, _): event = job.kind
        }
        // All notifications of a job are one chain, QUEUE/JOB.
        let parts = (job.chain?.key ?? "").split(separator: "/", maxSplits: 1).map(String.init)
        if parts.count == 2, let queue = try? QueueName(parts[0]), let id = try? JobID(parts[1]) { subject = (queue, id) }
    }
}
