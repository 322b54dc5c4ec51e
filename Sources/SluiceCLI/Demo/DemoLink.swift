import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A worker process's end of the pipes to the demo. When the demo is gone, so is the other end, and this process ends too.
final class DemoLink: Sendable {
    /// How long an ending in order may take before it ends anyhow: the demo's Redis may be gone as well.
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
        // A thread of its own: nothing else reads blockingly without holding up others.
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
        // If nobody listens any more, the end of standard input says so as well.
        _ = line.withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
    }

    /// Asks, and returns when the demo has answered; mostly it does not, and kills this process.
    func ask() async {
        tell(.asks)
        for await _ in answers { return }
    }

    /// Runs the worker until it ends, by itself or because standard input does.
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
