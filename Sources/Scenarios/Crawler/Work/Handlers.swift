import Foundation
import ScenarioSupport
import Sluice
import SluiceWorker

/// What the workers do with jobs.
struct Handlers: Sendable {
    let log: RunLog
    let api: APIClient
    let shared: SharedKey

    /// The error of a record that cannot be read.
    struct Malformed: Error, CustomStringConvertible {
        var item: Int
        var description: String { "malformed record of h\(item)" }
    }

    /// The API answered, and not with what was asked for.
    struct BadAnswer: Error { var status: Int }

    func register(on worker: Worker) {
        worker.handle(Classify.self) { job, context in try await classify(job, context) }
        worker.handle(Rescan.self) { _, _ in }
    }

    func registerLookup(on worker: Worker) {
        worker.handle(Lookup.self) { job, context in
            guard context.isAvailable(Scale.api) else { return log.write(.wrote, context, note: "without") }
            try await lookUp(Item(number: job.item), context)
        }
    }

    /// One call for each run: what is to be tried again is tried by the queue, under the same rate.
    private func lookUp(_ item: Item, _ context: JobContext) async throws {
        if item.key == Scale.sharedKey { shared.used(for: context.id) }
        let answer: APIClient.Answer
        do {
            answer = try await api.ask(context.id.text, key: item.key, fence: Int(context.fence.number))
        } catch is APIClient.NoConnection {
            throw DependencyUnavailable(Scale.api, reason: "connection refused")
        }
        switch answer.status {
        case 200: return
        case 401: throw DependencyUnavailable(item.key, reason: "the key was refused")
        case 429: throw DependencyUnavailable(item.key, retryAfter: answer.retryAfter, reason: "too many calls")
        default: throw BadAnswer(status: answer.status)
        }
    }

    private func classify(_ job: Classify, _ context: JobContext) async throws {
        switch job.act {
        case nil: return
        case .fail: if !log.isMarked("fixed") { throw Malformed(item: job.item) }
        case .kill: kill(getpid(), SIGKILL)
        case .hold:
            while !log.isMarked("release.\(context.id)") { try await ContinuousClock().sleep(for: .milliseconds(10)) }
        case .ignore: await ignoreCancellation(context)
        }
    }

    /// The first run takes no notice of its end, and writes when another one has begun: what it writes is to be refused.
    private func ignoreCancellation(_ context: JobContext) async {
        guard log.isFirst(context.id) else {
            log.mark("overtaken.\(context.id)")
            return
        }
        for _ in 0..<6000 where !log.isMarked("overtaken.\(context.id)") { usleep(10_000) }
        do throws(SluiceError) {
            try await context.progress(1)
            log.write(.wrote, context, note: "late")
        } catch {
            if error.code == .fenced { log.write(.refused, context, note: "late") }
        }
    }
}
