import SluiceCore

/// A chunk that is ready or running: one call of the handler.
final class ChunkRun<Kind: Job>: StartableChunk {
    /// Gives each member an outcome, unless it throws.
    typealias Body = @concurrent @Sendable (Chunk<Kind>) async throws -> Void

    let seats: [ChunkSeat<Kind>]
    private let partition: String?
    private let body: Body
    private let onEnd: @Sendable (ChunkRun) -> Void
    private let task = RunTask()

    init(
        _ seats: [ChunkSeat<Kind>], partition: String?, body: @escaping Body, onEnd: @escaping @Sendable (ChunkRun) -> Void
    ) {
        self.seats = seats
        self.partition = partition
        self.body = body
        self.onEnd = onEnd
    }

    func start(on executor: HandlerExecutor) {
        task.start(on: executor) { _ in
            await self.run()
            self.onEnd(self)
        }
    }

    /// Notes that a member has left. Cancels the handler if no member waits for an outcome any more.
    func memberLeft() {
        if !seats.contains(where: \.isOpen) { cancel() }
    }

    func cancel() { task.cancel() }

    private func run() async {
        let open = seats.filter(\.isOpen)
        if open.isEmpty { return }
        do {
            try await body(Chunk(members: open.map(Chunk.Member.init), partition: partition))
        } catch {
            let redactions = open.map(\.context.redaction).filter { !$0.isEmpty }
            for seat in open {
                if !redactions.isEmpty { seat.context.ticket?.share(redactions) }
                _ = seat.end(.failure(error))
            }
        }
    }
}
