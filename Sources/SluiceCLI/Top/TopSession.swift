import SluiceCore
import SluiceInspector
import SluiceToolSupport
import Synchronization
import UnixSignals

/// `sluice top` on a terminal: reads keys and numbers, each in a task of its own, so that keys work while Redis does not.
struct TopSession {
    private enum Event: Sendable {
        case keys([TopKey])
        case look(Result<TopSnapshot, SluiceError>)
        case resized
        /// What became of a change.
        case told(String)
        case explained([String])
        /// No keys come any more: the terminal is gone.
        case closed
    }

    /// The queues in sight, for the next look; nil at first.
    private final class Sight: Sendable {
        let queues = Mutex<[QueueName]?>(nil)
    }

    let inspector: Inspector
    let interval: Duration

    /// Runs until `q`, the end of the terminal, or the cancellation of the task.
    func run(_ reader: TopReader, from first: TopSnapshot) async throws {
        try await FullScreen.run { screen in
            let (events, post) = AsyncStream.makeStream(of: Event.self, bufferingPolicy: .bufferingNewest(256))
            let sight = Sight()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for await bytes in screen.keys() { post.yield(.keys(TopKey.keys(bytes))) }
                    post.yield(.closed)
                }
                group.addTask {
                    for await _ in await UnixSignalsSequence(trapping: .sigwinch) { post.yield(.resized) }
                }
                group.addTask { await look(reader, sight) { post.yield(.look($0)) } }
                defer { group.cancelAll() }
                try await show(TopState(first), events, screen, sight) { effect in
                    group.addTask { post.yield(await act(effect)) }
                }
                // Restored before a call that hangs is waited for.
                screen.leave()
                await inspector.close()
            }
        }
    }

    private func show(
        _ state: TopState, _ events: AsyncStream<Event>, _ screen: FullScreen, _ sight: Sight,
        start: (TopState.Effect) -> Void
    ) async throws {
        var state = state
        try draw(&state, screen, sight)
        for await event in events {
            switch event {
            case .keys(let keys):
                for key in keys {
                    guard let effect = state.press(key) else { continue }
                    if effect == .quit { return }
                    start(effect)
                }
            case .look(.success(let snapshot)): state.take(snapshot)
            case .look(.failure(let error)): state.trouble = error.message
            case .resized: break
            case .told(let text): state.message = text
            case .explained(let lines): if state.mode == .list { state.mode = .text(lines) }
            case .closed: return
            }
            try draw(&state, screen, sight)
        }
    }

    private func draw(_ state: inout TopState, _ screen: FullScreen, _ sight: Sight) throws {
        let (width, height) = screen.size
        let drawing = TopScreen(width: width, height: height, style: Terminal.output.style)
        state.room = drawing.room
        let visible = state.visible(drawing.room).map(\.queue)
        sight.queues.withLock { $0 = visible }
        try screen.draw(drawing.lines(state))
    }

    /// Looks again and again. Redis may go away and come back.
    private func look(
        _ reader: TopReader, _ sight: Sight, _ tell: (Result<TopSnapshot, SluiceError>) -> Void
    ) async {
        var reader = reader
        while true {
            guard (try? await Task.sleep(for: interval)) != nil else { return }
            do throws(SluiceError) {
                tell(.success(try await reader.read(inSight: sight.queues.withLock { $0 })))
            } catch {
                tell(.failure(error))
            }
        }
    }

    /// Does what a key asks for.
    /// - Returns: what became of it.
    private func act(_ effect: TopState.Effect) async -> Event {
        do throws(SluiceError) {
            switch effect {
            case .quit: return .closed
            case .pause(let queue):
                return .told(try await inspector.pause(queue) ? "paused \(queue)" : "\(queue) was paused already")
            case .resume(let queue):
                return .told(try await inspector.resume(queue) ? "resumed \(queue)" : "\(queue) was not paused")
            case .explain(let queue): return .explained(try await Self.explanation(of: queue, inspector))
            }
        } catch {
            return .told("failed: \(error.message)")
        }
    }

    /// Why the job that has waited longest does not run.
    private static func explanation(of queue: QueueName, _ inspector: Inspector) async throws(SluiceError) -> [String] {
        let filter = JobFilter(queues: [queue], states: [.available, .retryable, .scheduled, .suspended])
        guard let job = try await inspector.jobs(matching: filter, limit: 1).jobs.first,
            let explanation = try await inspector.explain(job.id, in: queue)
        else { return ["\(queue): no job waits"] }
        return ["\(queue): the job that has waited longest is \(job.id), \(job.kind), \(job.state.rawValue)"]
            + explanation.sentences.map { "  \($0)" }
    }
}
