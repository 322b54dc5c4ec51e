package import SluiceCore

/// The outcome of one run on its way to Redis.
package struct Settlement: Sendable {
    package enum Outcome: Sendable {
        /// Completed, with the result as JSON if it is kept.
        case completed(result: [UInt8]?)
        /// A failed attempt: the next one starts after this wait; the error as JSON.
        case retry(after: Duration, error: String)
        case snooze(Duration)
        /// Adaptive polling under this name.
        case poll(AdaptivePolling, name: String)
        /// The job returns to its place; no attempt is spent.
        case release
        /// The job returns to its place after `base`, doubled with each such wait up to `cap`; the reason as JSON, if there is
        /// one to show.
        case wait(base: Duration, cap: Duration, error: String? = nil)
        /// The job returns to its place when the dependency may be tried again; no attempt is spent. Beyond `maxWaits` waits it
        /// is discarded. The error as JSON.
        case unavailable(dependency: String, retryAfter: Duration?, maxWaits: Int?, error: String)
        case cancelled(error: String)
        case discarded(error: String)
    }

    /// Bytes of a result that the library takes.
    package static let largestResult = 64 << 20

    package var id: JobID
    package var fence: Fence
    package var outcome: Outcome
    /// The jobs that the run has enqueued.
    package var committed = CommittedJobs()

    package init(id: JobID, fence: Fence, outcome: Outcome) {
        self.id = id
        self.fence = fence
        self.outcome = outcome
    }

    /// Approximate size in the call, in bytes.
    package var size: Int { outcome.size + committed.bytes.count }
    /// Number of ids that it adds to a call.
    package var ids: Int { committed.isEmpty ? 1 : 2 }
}

extension Settlement.Outcome {
    /// The library's word for the outcome.
    var word: Word {
        switch self {
        case .completed(let result): result == nil ? .completed : .result
        case .retry: .retry
        case .snooze: .snooze
        case .poll: .poll
        case .release: .release
        case .wait: .wait
        case .unavailable: .unavailable
        case .cancelled: .cancelled
        case .discarded: .discarded
        }
    }

    /// The words, split by whether they carry details.
    enum Word: Hashable {
        case completed, result, retry, snooze, poll, release, wait, unavailable, cancelled, discarded

        var text: String {
            switch self {
            case .completed, .result: "completed"
            case .retry: "retry"
            case .snooze: "snooze"
            case .poll: "poll"
            case .release: "release"
            case .wait: "wait"
            case .unavailable: "unavailable"
            case .cancelled: "cancelled"
            case .discarded: "discarded"
            }
        }

        var isDetailed: Bool {
            switch self {
            case .completed, .release: false
            case .result, .retry, .snooze, .poll, .wait, .unavailable, .cancelled, .discarded: true
            }
        }
    }

    /// Approximate size in the call, in bytes.
    package var size: Int {
        switch self {
        case .completed(let result): 64 + (result?.count ?? 0)
        case .release, .snooze: 64
        case .poll(_, let name): 96 + name.utf8.count
        case .wait(_, _, let error): 64 + (error?.utf8.count ?? 0)
        case .retry(_, let error), .cancelled(let error), .discarded(let error), .unavailable(_, _, _, let error):
            112 + error.utf8.count
        }
    }

    /// The detail of words that carry one.
    var detail: [UInt8] {
        switch self {
        case .completed(let result): result ?? []
        case .retry(let wait, let error): Array("\(wait.milliseconds) \(error)".utf8)
        case .snooze(let wait): Array("\(wait.milliseconds)".utf8)
        case .poll(let polling, let name):
            Array("\(polling.looks) \(polling.least.milliseconds) \(polling.most.milliseconds) \(name)".utf8)
        case .release: []
        case .wait(let base, let cap, let error): Array("\(base.milliseconds) \(cap.milliseconds) \(error ?? "")".utf8)
        case .unavailable(let dependency, let wait, let maxWaits, let error):
            Array("\(word(dependency)) \(wait?.milliseconds ?? 0) \(max(maxWaits ?? 0, 0)) \(error)".utf8)
        case .cancelled(let error), .discarded(let error): Array(error.utf8)
        }
    }

    /// A name that no gate can have is sent as none: the job waits, and nothing is counted.
    private func word(_ dependency: String) -> String { DimensionName.isValid(dependency) ? dependency : "?" }
}
