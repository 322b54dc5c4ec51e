import NIOCore
import SluiceCore
import Synchronization

/// How a worker is, for probes of its process.
package struct WorkerHealth: Sendable, Hashable {
    package enum Phase: Sendable {
        /// Its queues are not served yet.
        case starting
        case serving
        /// It claims nothing more.
        case stopping
    }

    package var phase: Phase
    /// How long the loop of its slowest queue has made no turn.
    package var silence: Duration
    /// The silence above which a loop hangs.
    package var longestSilence: Duration

    package var isTurning: Bool { silence <= longestSilence }

    package init(_ phase: Phase, silence: Duration = .zero, longestSilence: Duration = .zero) {
        self.phase = phase
        self.silence = silence
        self.longestSilence = longestSilence
    }
}

extension Worker {
    /// The worker as it is now. It asks nothing of Redis, and waits for no other task.
    package var health: WorkerHealth {
        serving.withLock { serving in
            switch serving {
            case .no: return WorkerHealth(.starting)
            case .over: return WorkerHealth(.stopping)
            case .queues(let runners):
                let now = NIODeadline.now()
                let silence = runners.map { $0.silence(at: now) }.max() ?? .zero
                // A loop turns at each beat, at least every half lease, and after each call, which has a time limit.
                return WorkerHealth(
                    runners.contains(where: \.isStopping) ? .stopping : .serving, silence: silence,
                    longestSilence: lease * 0.5 + .seconds(60))
            }
        }
    }
}
