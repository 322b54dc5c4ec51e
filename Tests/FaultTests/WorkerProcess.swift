import Foundation
import Subprocess
import SystemPackage
import Testing

/// A worker in a process of its own, to be sent signals.
final class WorkerProcess: Sendable {
    let pid: Int32
    private let ending: Task<TerminationStatus?, Never>

    init(arguments: [String]) async throws {
        let started = AsyncStream.makeStream(of: Int32.self)
        var platform = PlatformOptions()
        platform.teardownSequence = [.send(signal: .kill, allowedDurationToNextStep: .zero)]
        let path = FilePath(try Self.path)
        ending = Task {
            let result = try? await run(
                .path(path), arguments: Arguments(arguments), platformOptions: platform, input: .none, output: .discarded,
                error: .discarded
            ) { execution in
                started.continuation.yield(execution.processIdentifier.value)
                started.continuation.finish()
            }
            started.continuation.finish()
            return result?.terminationStatus
        }
        var iterator = started.stream.makeAsyncIterator()
        pid = try #require(await iterator.next(), "the worker process did not start")
    }

    deinit {
        kill(pid, SIGKILL)
        ending.cancel()
    }

    func signal(_ number: Int32) { #expect(kill(pid, number) == 0) }

    /// Ends it at once, and returns when it is gone.
    func killAndWait() async {
        signal(SIGKILL)
        _ = await ending.value
    }

    /// Asks it to stop, and returns whether it ended with exit status 0.
    func stop() async -> Bool {
        signal(SIGTERM)
        return await ending.value?.isSuccess ?? false
    }

    /// The program lies beside the tests.
    private static var path: String {
        get throws {
            let tests = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
            let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent()
            let found = [tests, package.appendingPathComponent(".build/debug")]
                .map { $0.appendingPathComponent("FaultWorker").path }
                .first(where: FileManager.default.isExecutableFile(atPath:))
            return try #require(found, "FaultWorker is not built")
        }
    }
}
