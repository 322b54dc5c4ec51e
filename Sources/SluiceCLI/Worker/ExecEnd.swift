import SluiceCore
import SluiceWorker

/// How a child ended, and what it said.
struct ExecEnd: Sendable, Equatable {
    enum Status: Sendable, Equatable {
        case exited(Int32)
        case killed(signal: Int32)
    }

    var status: Status
    var output: OutputHead
    var errors: OutputTail
    /// Whether it was told to end: what it did about that says nothing about its work, unless it names what was missing.
    var wasInterrupted = false
}

extension ExecEnd {
    /// The exit status of a child whose job makes no sense (`EX_DATAERR` of `sysexits.h`).
    private static let discard: Int32 = 65

    /// The exit status of a child that found missing what it depends on (`EX_UNAVAILABLE`).
    private static let unavailable: Int32 = 69

    /// What the end of the child means for its job.
    /// - Parameter dependency: What it is that was missing.
    /// - Throws: `DependencyUnavailable` if something was missing, though it was told to end while it waited for that;
    ///   `CancellationError` if it was told to end, whatever else its exit status says: many programs answer SIGTERM with 0.
    func result(dependency: String) throws -> JobResult {
        if status == .exited(Self.unavailable) {
            throw DependencyUnavailable(dependency, reason: failure("exit status \(Self.unavailable)"))
        }
        if wasInterrupted { throw CancellationError() }
        return switch status {
        case .exited(0): .completed(JSONOutput(text: output.json()))
        case .exited(Self.discard): .discard(reason: failure("exit status \(Self.discard)"))
        case .exited(let status): .retry(reason: failure("exit status \(status)"))
        case .killed(let signal): .retry(reason: failure("killed by \(SignalText.name(signal))"))
        }
    }

    private func failure(_ what: String) -> String {
        let said = errors.text
        return said.isEmpty ? what : "\(what): \(said)"
    }
}
