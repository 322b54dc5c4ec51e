import Foundation
import Subprocess
import SystemPackage

/// A worker process, to be sent signals: this program again, with a hidden command.
package final class WorkerProcess: Sendable {
    package let host: String
    package let pid: Int32
    private let ending: Task<TerminationStatus?, Never>

    package init(host: String, arguments: [String]) async throws {
        self.host = host
        let started = AsyncStream.makeStream(of: Int32.self)
        var platform = PlatformOptions()
        // Ctrl-C at the terminal is for the process that controls the run, which ends its workers.
        platform.processGroupID = 0
        platform.teardownSequence = [.send(signal: .kill, allowedDurationToNextStep: .zero)]
        ending = Task {
            let result = try? await run(
                .path(FilePath(Self.program)), arguments: Arguments(["worker", "--host", host] + arguments),
                platformOptions: platform, input: .none, output: .discarded,
                error: .fileDescriptor(.standardError, closeAfterSpawningProcess: false)
            ) { execution in
                started.continuation.yield(execution.processIdentifier.value)
                started.continuation.finish()
            }
            started.continuation.finish()
            return result?.terminationStatus
        }
        var iterator = started.stream.makeAsyncIterator()
        guard let pid = await iterator.next() else { throw Unusable("a worker process did not start") }
        self.pid = pid
    }

    deinit {
        kill(pid, SIGKILL)
        ending.cancel()
    }

    package func signal(_ number: Int32) { kill(pid, number) }

    /// Returns when it has ended, however.
    package func ended() async { _ = await ending.value }

    /// Ends it at once, and returns when it is gone.
    package func killAndWait() async {
        signal(SIGKILL)
        _ = await ending.value
    }

    /// Asks it to stop, for so long. Returns whether it ended in order.
    package func stop(within limit: Duration = .seconds(20)) async -> Bool {
        signal(SIGTERM)
        let limiter = Task { [pid] in
            try await Task.sleep(for: limit)
            kill(pid, SIGKILL)
        }
        let status = await ending.value
        limiter.cancel()
        return status?.isSuccess ?? false
    }

    /// Where this program is, to start it again.
    private static let program =
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? Bundle.main.executablePath
        ?? CommandLine.arguments[0]
}
