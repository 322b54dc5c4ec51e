import SluiceCore
import SluiceWorker

/// The end of a child, and its output.
struct ExecEnd: Sendable, Equatable {
    enum Status: Sendable, Equatable {
        case exited(Int32)
        case killed(signal: Int32)
    }

    var status: Status
    var output: OutputHead
    var errors: OutputTail
    /// Whether the child was asked to end. Its end then says nothing about its work, unless it has a result or names a missing
    /// dependency.
    var wasInterrupted = false
}

extension ExecEnd {
    /// The exit status for a job that is not valid (`EX_DATAERR` of `sysexits.h`).
    private static let discard: Int32 = 65

    /// The exit status for a missing dependency (`EX_UNAVAILABLE`).
    private static let unavailable: Int32 = 69

    /// What a shell, `env` and the like say by their exit status. A program may end so by itself, and the work before it may be done,
    /// so that the run counts.
    private static let sayings: [Int32: String] = [
        126: " (from a shell: the command was found and cannot be executed)", 127: " (from a shell: the command was not found)",
    ]

    /// What the end of the child means for its job.
    /// - Parameters:
    ///   - dependency: The name of the dependency that was missing.
    ///   - redaction: Values to hide in texts.
    /// - Throws: `DependencyUnavailable` if a dependency was missing, even if the child was asked to end meanwhile;
    ///   `CancellationError` if the child was asked to end and did not complete. Many programs answer SIGTERM with status 0, so an
    ///   interrupted child has completed only if it has status 0 and a result.
    func result(dependency: String, hiding redaction: Redaction = .none) throws -> JobResult {
        func failure(_ what: String) -> String {
            let said = errors.text(hiding: redaction)
            return said.isEmpty ? what : "\(what): \(said)"
        }
        if status == .exited(Self.unavailable) {
            throw DependencyUnavailable(dependency, reason: failure("the command exited with status \(Self.unavailable)"))
        }
        let result = status == .exited(0) ? output.json(hiding: redaction) : nil
        if wasInterrupted, result == nil { throw CancellationError() }
        return switch status {
        case .exited(0): .completed(JSONOutput(text: result))
        case .exited(Self.discard): .discard(reason: failure("the command exited with status \(Self.discard)"))
        case .exited(let status): .retry(reason: failure("the command exited with status \(status)\(Self.sayings[status] ?? "")"))
        case .killed(let signal): .retry(reason: failure("the command was killed by \(SignalText.name(signal))"))
        }
    }
}
