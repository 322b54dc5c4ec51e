import ArgumentParser
import Sluice
import SluiceCore

/// The options for the job that a new job follows.
struct AfterOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Start after the end of this job; a delay counts from then.", valueName: "id"),
        transform: { try JobID($0) })
    var after: JobID?

    @Option(
        help: ArgumentHelp("The queue of the job to wait for. Default: the queue of the new one.", valueName: "queue"),
        completion: QueueNames.completion, transform: { try QueueName($0) })
    var afterQueue: QueueName?

    @Option(
        help: ArgumentHelp(
            "If that job does not complete: cancel the new job, ignore it (run), hold, or compensate (run only then).",
            valueName: "policy"),
        transform: { try policy($0) })
    var onFailed: FailurePolicy = .cancel

    func validate() throws {
        if after == nil, afterQueue != nil { throw ValidationError("--after-queue goes with --after") }
        if after == nil, onFailed != .cancel { throw ValidationError("--on-failed goes with --after") }
    }

    private static func policy(_ text: String) throws(SluiceError) -> FailurePolicy {
        if let policy = FailurePolicy(rawValue: text) { return policy }
        throw SluiceError(
            .invalidArgument, "'\(text)' is none of \(FailurePolicy.allCases.map(\.rawValue).joined(separator: ", "))")
    }

    func followUp(in queue: QueueName) -> FollowUp? {
        after.map { FollowUp(JobHandle($0, in: afterQueue ?? queue), onFailed: onFailed) }
    }
}
