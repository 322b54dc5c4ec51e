import Subprocess

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Reads the two outputs of a child at the same time until it has ended. A child may close an output early, write more than is kept,
/// or leave children behind that hold a pipe open.
struct ExecStreams: Sendable {
    /// The process id of the child and of its group. It cannot be reused before `serve` has returned.
    let child: Int32

    /// The output of the child, and whether it was asked to end.
    struct Said: Sendable {
        var output: OutputHead
        var errors: OutputTail
        var wasInterrupted: Bool
    }

    /// The capacity of a pipe. This much output may be unread when the child is gone.
    private static let pipeSize = 1 << 20

    /// Reads both outputs, waits for the child's end, and kills the rest of its group.
    func serve(
        _ execution: Execution<FileDescriptorInput, SequenceOutput, SequenceOutput>, output: OutputHead, errors: OutputTail
    ) async -> Said {
        // A read in a cancelled task ends at once, but the child may still write its result. These tasks are therefore not
        // cancelled; they end with the streams, or soon after the child.
        let (standardOutput, standardError) = (execution.standardOutput, execution.standardError)
        let saying = Task { await read(standardOutput, into: output) { $0.append($1) } }
        let complaining = Task { await read(standardError, into: errors) { $0.append($1) } }
        let (head, tail) = (await saying.value, await complaining.value)
        // The child may have closed its streams and still run. A cancellation of this task ends the child elsewhere, and thereby
        // this wait.
        await ChildExit.wait(for: execution.processIdentifier)
        let wasInterrupted = Task.isCancelled
        // The child is not reaped yet, so no other process has its id.
        _ = kill(-child, SIGKILL)
        return Said(output: head, errors: tail, wasInterrupted: wasInterrupted)
    }

    /// Reads a stream to its end and passes the bytes to `keep`.
    private func read<Kept: Sendable>(
        _ stream: SubprocessOutputSequence, into kept: Kept, _ keep: (inout Kept, UnsafeRawBufferPointer) -> Void
    ) async -> Kept {
        var kept = kept
        var unread = Self.pipeSize
        do {
            for try await buffer in stream {
                buffer.withUnsafeBytes { keep(&kept, $0) }
                guard ChildExit.has(child) else { continue }
                // This output comes from a child of the child, which may go on for ever.
                unread -= buffer.count
                if unread <= 0 { break }
            }
        } catch {
            // A broken stream has no more output; the exit status decides.
        }
        return kept
    }
}
