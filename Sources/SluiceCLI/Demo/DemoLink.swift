import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A worker process's end of the pipes to the demo. If the demo dies, the pipes close and this process ends, too.
final class DemoLink: Sendable {
    /// The time limit of an orderly end. The demo's Redis may be gone as well.
    private static let patience = 3.0

    private let answers: AsyncStream<Void>
    private let answer: AsyncStream<Void>.Continuation
    private let ends: AsyncStream<Void>
    private let stop: @Sendable () async -> Void

    /// - Parameter stop: Ends the worker in order.
    init(stop: @escaping @Sendable () async -> Void) {
        let (ends, end) = AsyncStream<Void>.makeStream()
        let (answers, answer) = AsyncStream<Void>.makeStream()
        self.ends = ends
        self.answers = answers
        self.answer = answer
        self.stop = stop
        // A separate thread, since blocking reads would delay other tasks.
        let reader = Thread {
            while readLine() != nil { answer.yield() }
            end.finish()
            Thread.sleep(forTimeInterval: Self.patience)
            exit(1)
        }
        reader.start()
    }

    func tell(_ message: DemoMessage) {
        let line = Array((message.line + "\n").utf8)
        // If the reader is gone, the end of standard input reports that as well.
        _ = line.withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
    }

    /// Asks the demo, and returns after its answer. Usually the demo kills this process instead.
    func ask() async {
        tell(.asks)
        for await _ in answers { return }
    }

    /// Runs the worker until it ends by itself or standard input closes.
    func follow(_ body: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [ends, stop] in
                for await _ in ends {}
                if !Task.isCancelled { await stop() }
            }
            try await body()
            group.cancelAll()
            try await group.waitForAll()
        }
    }
}
