import NIOCore
import SluiceCore
import SluiceStore

/// A job that runs in this process.
struct Run {
    let job: ClaimedJob
    let task: Task<Void, Never>
    /// When it is cancelled; then, when it is given up on.
    var deadline: NIODeadline?
    var limit: RunLimit?
    /// Why it was ended from outside.
    var ending: Ending?

    /// What is known of a run whose handler does not come back.
    func abandoned() -> RunReport {
        RunReport(
            job, kind: limit?.kind ?? "?", maxAttempts: limit?.maxAttempts ?? .max, retry: limit?.retry ?? .fixed(.zero),
            result: .failed(RunFailure(type: "abandoned", message: "the handler did not return")))
    }
}

/// An outcome that waits to be recorded, with what observers are to be told then.
struct Settled: Sendable {
    var settlement: Settlement
    var processed: ProcessedJob?
}
