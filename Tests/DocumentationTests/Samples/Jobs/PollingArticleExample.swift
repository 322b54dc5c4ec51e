import Sluice
import SluiceWorker

// What the block of the article on polling needs to be whole.

enum RenderState { case underWay(Double), done(url: String), failed(why: String) }

struct RenderFarm: Sendable {
    var state: @Sendable (String) async throws -> RenderState
}

struct Rendering: Job {
    static let kind = "render"
    static let options = JobOptions(queue: "films", keepsResult: true)
    typealias Output = String
    var task: String
}

func watch(_ farm: RenderFarm, with worker: Worker) {
    worker.handle(Rendering.self) { (job, context) -> Outcome<String> in
        switch try await farm.state(job.task) {
        case .done(let url): return .completed(url)
        case .failed(let why): return .discard(reason: why)
        case .underWay(let fraction):
            try await context.progress(fraction)
            return .snooze(.adaptive)
        }
    }
}
