import NIOCore
import SluiceCore
import SluiceStore

/// A job that runs in this process.
struct Run {
    let job: ClaimedJob
    let handle: RunHandle
    /// When the run is cancelled; after that, when it is abandoned.
    var deadline: NIODeadline?
    var limit: RunLimit?
    /// Why the run was ended from outside, if it was.
    var ending: Ending?

    /// The report of a run whose handler does not return.
    func abandoned() -> RunReport {
        RunReport(
            job, kind: limit?.kind ?? "?", maxAttempts: limit?.maxAttempts ?? .max, retry: limit?.retry ?? .fixed(.zero),
            result: .failed(RunFailure(type: "abandoned", message: "the handler did not return")))
    }
}

/// An outcome to be recorded, with the report for observers.
struct Settled: Sendable {
    var settlement: Settlement
    var processed: ProcessedJob?
}
