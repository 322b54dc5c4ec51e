package import SluiceCore

/// The outcome of one run on its way to Redis.
package struct Settlement: Sendable {
    package enum Outcome: Sendable {
        /// With the result as JSON, if it is kept.
        case completed(result: [UInt8]?)
        /// The next attempt in so long; the error as JSON.
        case retry(after: Duration, error: String)
        case snooze(Duration)
        /// Until it is worth looking again at what bears this name.
        case poll(AdaptivePolling, name: String)
        /// Back at its place, unharmed.
        case release
        /// Back at its place after `base`, doubled with each such wait up to `cap`; why as JSON, if that is to be told.
        case wait(base: Duration, cap: Duration, error: String? = nil)
        /// Back at its place once the dependency may be tried again, no attempt spent; discarded beyond `maxWaits`. The error
        /// as JSON.
        case unavailable(dependency: String, retryAfter: Duration?, maxWaits: Int?, error: String)
        case cancelled(error: String)
        case discarded(error: String)
    }

    /// Bytes of a result that the library takes.
    package static let largestResult = 64 << 20

    package var id: JobID
    package var fence: Fence
    package var outcome: Outcome
    /// What the run has enqueued.
    package var committed = CommittedJobs()

    package init(id: JobID, fence: Fence, outcome: Outcome) {
        self.id = id
        self.fence = fence
        self.outcome = outcome
    }

    /// About how many bytes it takes on its way.
    package var size: Int { outcome.size + committed.bytes.count }
    /// How many of the ids that a call may carry it takes.
    package var ids: Int { committed.isEmpty ? 1 : 2 }
}

extension Settlement.Outcome {
    /// The word for it in the library.
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

    /// The words, told apart by whether they carry details.
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

    /// About how many bytes it takes on its way.
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

    /// What goes with the word, for those that carry details.
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

    /// A name that no gate can have stands for none: the job waits, and nothing is counted.
    private func word(_ dependency: String) -> String { DimensionName.isValid(dependency) ? dependency : "?" }
}
