import Foundation
import SluiceInspector
import SluiceTesting
import TestSupport
import Testing

/// A call at which a worker dies.
struct FaultStep: Sendable, CustomStringConvertible {
    /// How far the call comes.
    enum Moment: String, CaseIterable, Sendable {
        case beforeItArrives = "before it arrives"
        /// It was applied, and what would follow it was not done.
        case beforeItsReply = "before its reply comes"
    }

    var name: String
    var moment: Moment
    /// What its bytes hold.
    var words: [String]

    var description: String { "\(name), \(moment.rawValue)" }

    /// The step at both moments.
    static func both(_ name: String, _ words: String...) -> [FaultStep] {
        Moment.allCases.map { FaultStep(name: name, moment: $0, words: words) }
    }
}

extension Load {
    /// Has a worker process work until it comes to the step, and die there; then another one takes its place.
    func die(at step: FaultStep) async throws {
        let proxy = try await FaultyProxy(to: server)
        proxy.fail(step.words, with: step.moment == .beforeItArrives ? .swallow : .holdReply)
        let victim = try await chainWorker(through: proxy.url)
        switch step.moment {
        case .beforeItArrives: await proxy.faults.wait()
        case .beforeItsReply: await proxy.heldReplies.wait()
        }
        await victim.killAndWait()
        await proxy.close()
        _ = try await chainWorker()
    }

    /// Kills a worker that is in the middle of something, unless there is nothing more to do, and starts another one.
    func replace(_ victim: WorkerProcess, ack: String, milliseconds: Int) async throws -> WorkerProcess {
        for _ in 0..<100 {
            victim.signal(SIGSTOP)
            // Now it cannot end what it is in the middle of before it is killed.
            let states = try await inspector.status(of: queue).states
            let isDone = states[.available, default: 0] + states[.executing, default: 0] == 0
            if try await held(by: victim) > 0 || isDone { break }
            victim.signal(SIGCONT)
            _ = await queues.eventually(in: queue, within: .seconds(1)) { log.runs(in: victim.pid) }
        }
        await victim.killAndWait()
        return try await chainWorker(ack: ack, milliseconds: milliseconds)
    }
}
