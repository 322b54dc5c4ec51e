import Foundation
import Hiredis
import Logging
import ScenarioSupport
import Sluice
import SluiceInspector
import SluiceStore
import Synchronization

/// The gateway on Sluice: orders are jobs, and what depends on their ends is enqueued with them.
final class Gateway: Front {
    /// What came of what the upstream told by itself.
    struct Hints: Sendable {
        /// A look was brought forward; the job runs, has ended or waits for nothing; nothing could be read.
        var taken = 0
        var idle = 0
        var torn = 0
    }

    let client: SluiceClient
    let inspector: Inspector
    private let scale: Scale
    private let counted = Mutex(Hints())

    static let queue = QueueName(stringLiteral: Scale.queue)

    init(_ scale: Scale, url: String) async throws {
        let logger = Logger.forFaults("image-gateway")
        self.scale = scale
        client = try await SluiceClient(.url(url), logger: logger)
        inspector = try Inspector(url: url, logger: logger)
    }

    var hints: Hints { counted.withLock { $0 } }

    func close() async {
        await client.close()
        await inspector.close()
    }

    func take(_ order: Order, hook: String) async throws {
        let account = order.account(scale)
        var request = try JobRequest(Imagine(order: order.number, account: account.name, prompt: "a picture of \(order.number)"))
        request.id = JobID(known: order.id)
        request.deadline = account.isInTrouble ? Scale.shortDeadline : Scale.deadline
        request.notify = Notify(hook, on: order.wantsProgress ? [.progress, .ended] : [.ended])
        let job = try await client.enqueue(request)
        // The step that cancels or discards the order releases the refund, too. The order is accepted only together with it.
        var refund = try JobRequest(Refund(order: order.number, cents: 10))
        refund.id = JobID(known: order.id + ":refund")
        refund.after = FollowUp(job, onFailed: .compensate)
        try await client.enqueue(refund)
    }

    func act(on order: Order, index: Int) async throws -> Bool {
        let account = order.account(scale)
        var request = try JobRequest(Upscale(order: order.number, account: account.name, parent: order.id, index: index))
        request.id = JobID(known: Self.action(on: order, index: index))
        request.deadline = Scale.deadline
        request.after = FollowUp(JobHandle(JobID(known: order.id), in: Self.queue))
        do throws(SluiceError) {
            return try await client.enqueue(request).isNew
        } catch {
            throw error.code == .parentUnknown ? ActionRefused(reason: "parentUnknown") as any Error : error
        }
    }

    func standing(of order: Order) async throws -> Standing {
        guard let job = try await inspector.job(JobID(known: order.id), in: Self.queue) else {
            return Standing(state: "missing", version: 0)
        }
        let key = inspector.store.keys.base(Self.queue) + ":notified"
        let version = try await inspector.store.send(["HGET", key, order.id], key: key).root.string
        return Standing(state: job.state.rawValue, version: version.flatMap { Int($0) } ?? 0)
    }

    /// On how many workers that died each job was, where there are any.
    func crashes() async throws -> [(job: JobID, count: Int)] {
        let key = inspector.store.keys.base(Self.queue) + ":crashes"
        let fields = try await inspector.store.send(["HGETALL", key], key: key).root.elements.map { $0.string ?? "" }
        return stride(from: 0, to: fields.count - 1, by: 2).map { (JobID(known: fields[$0]), Int(fields[$0 + 1]) ?? 0) }
    }

    /// The upstream has told something. That is no news but a hint: what is so is asked for, only sooner.
    func hear(_ body: [UInt8]) async -> HTTPServer.Answer {
        guard let status = try? JSONDecoder().decode(Messages.Status.self, from: Data(body)) else {
            counted.withLock { $0.torn += 1 }
            return .status(400)
        }
        let id = JobID(known: status.reference)
        let change = try? await inspector.change(.reschedule(.after(.zero)), ids: [id], in: Self.queue).first
        counted.withLock { if change?.isDone == true { $0.taken += 1 } else { $0.idle += 1 } }
        return .status(204)
    }

    static func action(on order: Order, index: Int) -> String { "\(order.id):upscale:\(index)" }
}
