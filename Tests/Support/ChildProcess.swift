import Foundation
import Subprocess
import SystemPackage

/// A built program in a process of its own, to be sent signals. It is killed with the last reference.
package final class ChildProcess: Sendable {
    package let pid: Int32
    /// What `ready` found; empty if there was no line to wait for.
    package let words: String
    private let ending: Task<TerminationStatus?, Never>

    /// Starts a program, and waits until it is ready.
    /// - Parameters:
    ///   - program: Its name.
    ///   - arguments: Its arguments.
    ///   - starter: A command in front of it that becomes the program, such as `ip netns exec NAME`; its first word is a path.
    ///   - ready: Finds words in the line of standard error that says that the program is ready. Without it the program is ready as
    ///     soon as it runs, and its standard error is discarded.
    /// - Throws: `BuiltProgram.Unusable` if it is not built, or has ended before it was ready.
    package init(
        _ program: String, _ arguments: [String], through starter: [String] = [],
        ready: (@Sendable (String) -> String?)? = nil
    ) async throws {
        let command = starter + [try BuiltProgram.path(program)] + arguments
        let (path, arguments) = (FilePath(command[0]), Array(command.dropFirst()))
        let started = AsyncStream.makeStream(of: (Int32, String).self)
        ending = Task {
            let status = try? await ChildProcess.follow(path, arguments, ready, started.continuation)
            started.continuation.finish()
            return status
        }
        var iterator = started.stream.makeAsyncIterator()
        guard let first = await iterator.next() else {
            throw BuiltProgram.Unusable(description: "\(program) did not start")
        }
        (pid, words) = first
    }

    deinit {
        kill(pid, SIGKILL)
        ending.cancel()
    }

    /// Sends a signal. Returns whether the process was there.
    @discardableResult
    package func send(_ signal: Int32) -> Bool { kill(pid, signal) == 0 }

    /// Ends it at once, and returns when it is gone: whether it was there.
    @discardableResult
    package func killAndWait() async -> Bool {
        let wasThere = send(SIGKILL)
        _ = await ending.value
        return wasThere
    }

    /// Returns whether it ended with exit status 0, when it has ended.
    package func hasEndedWell() async -> Bool { await ending.value?.isSuccess ?? false }

    private static func follow(
        _ path: FilePath, _ arguments: [String], _ ready: (@Sendable (String) -> String?)?,
        _ started: AsyncStream<(Int32, String)>.Continuation
    ) async throws -> TerminationStatus {
        var platform = PlatformOptions()
        platform.teardownSequence = [.send(signal: .kill, allowedDurationToNextStep: .zero)]
        guard let ready else {
            return try await Subprocess.run(
                .path(path), arguments: Arguments(arguments), platformOptions: platform, input: .none, output: .discarded,
                error: .discarded
            ) { child in
                started.yield((child.processIdentifier.value, ""))
                started.finish()
            }.terminationStatus
        }
        return try await Subprocess.run(
            .path(path), arguments: Arguments(arguments), platformOptions: platform, input: .none, output: .discarded,
            error: .sequence
        ) { child in
            // It is read to its end, so that the process never waits for a reader.
            for try await line in child.standardError.strings() {
                if let words = ready(line) { started.yield((child.processIdentifier.value, words)) }
            }
        }.terminationStatus
    }
}
