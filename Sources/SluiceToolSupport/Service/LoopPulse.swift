package import NIOCore
import NIOPosix
import ServiceLifecycle
package import SluiceCore
import Synchronization

/// The pulse of a process that serves requests rather than queues: its event loops turn.
///
/// List it last in its group: it is told of a shutdown first, and the pulse stops.
package final class LoopPulse: Service {
    /// The time between two signs of a loop.
    private static let beat = TimeAmount.seconds(2)
    /// The silence above which a loop hangs.
    private let longestSilence: Duration

    private struct State {
        var phase = Pulse.Phase.starting
        var turned: [NIODeadline]
    }

    private let loops: [any EventLoop]
    private let state: Mutex<State>

    package init(_ loops: [any EventLoop], longestSilence: Duration = .seconds(30)) {
        self.loops = loops
        self.longestSilence = longestSilence
        state = Mutex(State(turned: loops.map { _ in .now() }))
    }

    /// The pulse of all event loops that the process shares.
    package convenience init() { self.init(Array(MultiThreadedEventLoopGroup.singleton.makeIterator())) }

    /// Notes that requests are served now.
    package func serves() { state.withLock { if $0.phase == .starting { $0.phase = .serving } } }

    package var pulse: Pulse {
        let now = NIODeadline.now()
        return state.withLock { state in
            let silence = state.turned.map { now > $0 ? now - $0 : .zero }.max() ?? .zero
            return Pulse(state.phase, silence: .nanoseconds(silence.nanoseconds), longestSilence: longestSilence)
        }
    }

    /// Watches the loops until the process ends; returns when the group shuts down.
    package func run() async throws {
        watch()
        try? await gracefulShutdown()
        state.withLock { $0.phase = .stopping }
    }

    /// Makes each loop give signs from now on, as long as this object lives.
    package func watch() {
        for (index, loop) in loops.enumerated() {
            loop.scheduleRepeatedTask(initialDelay: .zero, delay: Self.beat) { [weak self] task in
                guard let self else { return task.cancel() }
                state.withLock { $0.turned[index] = .now() }
            }
        }
    }
}
