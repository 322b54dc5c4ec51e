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
    /// Whether it was told to end: what it did about that says nothing about its work, unless it has a result or names what was
    /// missing.
    var wasInterrupted = false
}

extension ExecEnd {
    /// The exit status of a child whose job makes no sense (`EX_DATAERR` of `sysexits.h`).
    private static let discard: Int32 = 65

    /// The exit status of a child that found missing what it depends on (`EX_UNAVAILABLE`).
    private static let unavailable: Int32 = 69

    /// What a shell, `env` and the like say by their exit status. A program may end so by itself, and the work before it may be done,
    /// so that the run counts.
    private static let sayings: [Int32: String] = [
        126: " (from a shell: the command was found and cannot be executed)", 127: " (from a shell: the command was not found)",
    ]

    /// What the end of the child means for its job.
    /// - Parameters:
    ///   - dependency: What it is that was missing.
    ///   - redaction: What must not appear in texts.
    /// - Throws: `DependencyUnavailable` if something was missing, though it was told to end while it waited for that;
    ///   `CancellationError` if it was told to end and did not complete: many programs answer SIGTERM with status 0, so that alone
    ///   does not say that the work is done, and status 0 with a result does.
    func result(dependency: String, hiding redaction: Redaction = .none) throws -> JobResult {
        func failure(_ what: String) -> String {
            let said = errors.text(hiding: redaction)
            return said.isEmpty ? what : "\(what): \(said)"
        }
        if status == .exited(Self.unavailable) {
            throw DependencyUnavailable(dependency, reason: failure("exit status \(Self.unavailable)"))
        }
        let result = status == .exited(0) ? output.json(hiding: redaction) : nil
        if wasInterrupted, result == nil { throw CancellationError() }
        return switch status {
        case .exited(0): .completed(JSONOutput(text: result))
        case .exited(Self.discard): .discard(reason: failure("exit status \(Self.discard)"))
        case .exited(let status): .retry(reason: failure("exit status \(status)\(Self.sayings[status] ?? "")"))
        case .killed(let signal): .retry(reason: failure("killed by \(SignalText.name(signal))"))
        }
    }
}
