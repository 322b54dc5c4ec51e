import Subprocess

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The three streams of a child, served at the same time until it has ended, whatever it does with them: it may never read,
/// close one early, write more than anybody keeps, or leave children behind that hold a pipe open.
struct ExecStreams: Sendable {
    /// The child's process id, and that of its group. It stays the child's until `serve` has returned.
    let child: Int32

    /// What was read, and whether the child was told to end.
    struct Said: Sendable {
        var output: OutputHead
        var errors: OutputTail
        var wasInterrupted: Bool
    }

    /// What a pipe can hold at most: so much of what the child has written may be unread when it is gone.
    private static let pipeSize = 1 << 20

    /// Writes the input, reads both outputs, waits for the child's end, and kills what it leaves behind in its group.
    func serve(
        _ execution: Execution<CustomWriteInput, SequenceOutput, SequenceOutput>, input: [UInt8], output: OutputHead,
        errors: OutputTail
    ) async -> Said {
        async let written: Void = write(input, to: execution.standardInputWriter)
        // A read in a cancelled task ends at once, and the child may yet say what it has come to: these tasks are not cancelled. They
        // end with the streams, or soon after the child.
        let (standardOutput, standardError) = (execution.standardOutput, execution.standardError)
        let saying = Task { await read(standardOutput, into: output) { $0.append($1) } }
        let complaining = Task { await read(standardError, into: errors) { $0.append($1) } }
        let (head, tail) = (await saying.value, await complaining.value)
        await written
        // It may have closed its streams and still run. A cancellation of this task ends the child elsewhere, and so this wait.
        await ChildExit.wait(for: execution.processIdentifier)
        let wasInterrupted = Task.isCancelled
        // Not reaped yet, so the number is nobody else's.
        _ = kill(-child, SIGKILL)
        return Said(output: head, errors: tail, wasInterrupted: wasInterrupted)
    }

    /// Writes what the child takes; that it does not want all of it is no error.
    private func write(_ input: [UInt8], to writer: StandardInputWriter) async {
        _ = try? await writer.write(input)
        try? await writer.finish()
    }

    /// Reads to the end, and lets `keep` keep what it wants.
    private func read<Kept: Sendable>(
        _ stream: SubprocessOutputSequence, into kept: Kept, _ keep: (inout Kept, UnsafeRawBufferPointer) -> Void
    ) async -> Kept {
        var kept = kept
        var unread = Self.pipeSize
        do {
            for try await buffer in stream {
                buffer.withUnsafeBytes { keep(&kept, $0) }
                guard ChildExit.has(child) else { continue }
                // What comes now is of a child's child, which may go on for ever.
                unread -= buffer.count
                if unread <= 0 { break }
            }
        } catch {
            // A stream that breaks has said all that it will say; the exit status tells the rest.
        }
        return kept
    }
}
