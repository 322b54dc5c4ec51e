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

    package let id: JobID
    package let fence: Fence
    package let outcome: Outcome
    /// The outcome as the library takes it.
    let entry: Entry
    /// What the history is told of a run that completed. Without it the library reads the spec.
    let run: RunFacts?
    /// The jobs that the run has enqueued.
    package var committed = CommittedJobs()

    package init(id: JobID, fence: Fence, outcome: Outcome, run: RunFacts? = nil) {
        self.id = id
        self.fence = fence
        self.outcome = outcome
        self.run = run
        entry = outcome.entry
    }

    /// The state that the outcome leads to, unless Redis decides otherwise.
    package var state: JobState { entry.state }
    /// Approximate size in the call, in bytes.
    package var size: Int { 64 + (entry.detail?.count ?? 0) + committed.bytes.count }
    /// Number of ids that it adds to a call.
    package var ids: Int { committed.isEmpty ? 1 : 2 }
}

extension Settlement {
    /// An outcome as the library takes it: a function of `lua/workers/settle.lua`, its detail, and the state that it leads to.
    struct Entry: Sendable {
        var word: String
        var state: JobState
        /// Nil for none. Outcomes with and without a detail do not share a group of the call.
        var detail: [UInt8]?

        init(_ word: String, _ state: JobState, _ detail: [UInt8]? = nil) {
            self.word = word
            self.state = state
            self.detail = detail
        }

        init(_ word: String, _ state: JobState, _ detail: String) { self.init(word, state, Array(detail.utf8)) }
    }
}

extension Settlement.Outcome {
    /// The table of all outcomes.
    fileprivate var entry: Settlement.Entry {
        switch self {
        case .completed(let result): .init("completed", .completed, result)
        case .retry(let wait, let error): .init("retry", .retryable, "\(wait.milliseconds) \(error)")
        case .snooze(let wait): .init("snooze", .scheduled, "\(wait.milliseconds)")
        case .poll(let polling, let name):
            .init(
                "poll", .scheduled,
                "\(polling.looks) \(polling.least.milliseconds) \(polling.most.milliseconds) \(name)")
        case .release: .init("release", .available)
        case .wait(let base, let cap, let error):
            .init("wait", .scheduled, "\(base.milliseconds) \(cap.milliseconds) \(error ?? "")")
        case .unavailable(let dependency, let wait, let maxWaits, let error):
            .init(
                "unavailable", .scheduled,
                "\(gate(dependency)) \(wait?.milliseconds ?? 0) \(max(maxWaits ?? 0, 0)) \(error)")
        case .cancelled(let error): .init("cancelled", .cancelled, error)
        case .discarded(let error): .init("discarded", .discarded, error)
        }
    }

    /// A name that no gate can have is sent as none: the job waits, and nothing is counted.
    private func gate(_ dependency: String) -> String { DimensionName.isValid(dependency) ? dependency : "?" }
}
