import SluiceCore
import SluiceStore

/// Waits for the end of one workflow. What was told while a connection was away is lost, so after each outage it asks again.
struct WorkflowWait {
    /// How long to listen before it asks all the same. Nothing depends on it.
    private static let span = Duration.seconds(20)
    private static let longestPause = Duration.seconds(1)

    private let workflow: WorkflowHandle
    private let listener: WorkflowListener
    private let end: ContinuousClock.Instant?
    /// As Redis told it last.
    private var state = ""
    /// Why Redis could not be asked the last time, if so.
    private var outage: SluiceError?
    private var pause = Duration.milliseconds(20)

    init(_ workflow: WorkflowHandle, timeout: Duration?) {
        self.workflow = workflow
        listener = workflow.access.store.workflowListener(client: "\(UInt64.random(in: .min ... .max))")
        end = timeout.map { .now + $0 }
    }

    /// Ends the connection on which it listens.
    func close() async { await listener.close() }

    /// - Throws: `timedOut`, `unknownWorkflow`, `CancellationError`, what Redis refuses for good.
    mutating func run() async throws -> WorkflowStatus {
        while true {
            try Task.checkCancellation()
            do throws(SluiceError) {
                if let status = try await ask() { return status }
                _ = try await listener.next(of: workflow.id, within: min(try timeLeft(), Self.span))
                pause = .milliseconds(20)
            } catch {
                try await outlast(error)
            }
        }
    }

    /// How it stands, if it has ended; else whoever ends it tells this listener.
    private mutating func ask() async throws(SluiceError) -> WorkflowStatus? {
        let call = AwaitWorkflow(client: listener.client)
        guard let state = try await workflow.access.store.call(call, workflow: workflow.id) else {
            throw WorkflowAccess.unknown(workflow.id)
        }
        let status = WorkflowStatus.State(rawValue: state)?.isEnded == true ? try await workflow.status() : nil
        self.state = state
        outage = nil
        return status
    }

    /// Waits a little, if the error is one that goes by.
    private mutating func outlast(_ error: SluiceError) async throws {
        // The listener's connection ends with the task that waits on it.
        try Task.checkCancellation()
        guard error.isTransient, error.code != .timedOut else { throw error }
        outage = error
        try await Task.sleep(for: min(pause * Double.random(in: 0.5...1), try timeLeft()), clock: .continuous)
        pause = min(pause * 2, Self.longestPause)
    }

    private func timeLeft() throws(SluiceError) -> Duration {
        let left = end.map { $0 - .now } ?? Self.span
        guard left > .zero else {
            throw .notInTime("workflow '\(workflow.id)'", isNow: state.isEmpty ? nil : state, outage: outage)
        }
        return left
    }
}

extension SluiceError {
    /// The time of somebody who waited is over.
    /// - Parameters:
    ///   - isNow: the state that was told last.
    ///   - outage: why Redis could not be asked the last time, if so.
    static func notInTime(_ what: String, isNow state: String? = nil, outage: SluiceError?) -> SluiceError {
        let told = state.map { ": it \(outage == nil ? "is" : "was") \($0)" } ?? ""
        let away = outage.map { "; Redis could not be asked when the time was over: \($0.message)" } ?? ""
        return SluiceError(.timedOut, "\(what) has not ended in time\(told)\(away)")
    }
}
