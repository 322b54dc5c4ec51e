import NIOCore
package import SluiceCore
import Synchronization

extension Worker {
    /// The worker as it is now. It asks nothing of Redis, and waits for no other task.
    package var pulse: Pulse {
        serving.withLock { serving in
            switch serving {
            case .no: return Pulse(.starting)
            case .over: return Pulse(.stopping)
            case .queues(let runners):
                let now = NIODeadline.now()
                let silence = runners.map { $0.silence(at: now) }.max() ?? .zero
                // A loop turns after each rest, at the latest, and after each call, which has a time limit.
                return Pulse(
                    runners.contains(where: \.isStopping) ? .stopping : .serving, silence: silence,
                    longestSilence: min(lease * 0.5, QueueRunner.longestRest) + .seconds(60))
            }
        }
    }
}
