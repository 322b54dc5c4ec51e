import ScenarioSupport
import Sluice
import SluiceWorker

/// What the workers do for drawings: have them drawn, once each, and look until they are done, many of an account in one call.
struct Drawings: Sendable {
    let sluice: SluiceClient
    let upstream: UpstreamClient
    let deaths: Deaths
    /// Where the upstream may tell how tasks stand.
    let news: String

    /// The upstream does not know a task that it has taken.
    struct Forgotten: Error, CustomStringConvertible { var description: String { "the upstream does not know the task" } }

    func register(on worker: Worker) {
        register(Imagine.self, on: worker) { _ in nil }
        register(Upscale.self, on: worker) { [sluice] job in
            // It has completed, or this one would not run.
            try await sluice.result(of: Enqueued(Imagine.self, id: JobID(known: job.parent)), timeout: .seconds(5)).task
        }
    }

    /// - Parameter parent: tells the task of which another one is an action.
    private func register<Kind: Drawing>(
        _ kind: Kind.Type, on worker: Worker, parent: @escaping @Sendable (Kind) async throws -> String?
    ) {
        worker.handleChunk(kind, size: Scale.chunk, within: .seconds(Scale.gathering), partition: "account") { chunk in
            var tasks: [(member: Chunk<Kind>.Member, task: String)] = []
            for member in chunk.members where member.isOpen {
                deaths.pass(.deadly, Order(number: member.job.order))
                if let task = try await task(of: member, parent) { tasks.append((member, task)) }
            }
            if !tasks.isEmpty { try await look(at: tasks) }
            return [:]
        }
    }

    /// The task that is drawn for a member. Nil if there is nothing to look at yet: it was submitted now, or could not be.
    private func task<Kind: Drawing>(
        of member: Chunk<Kind>.Member, _ parent: (Kind) async throws -> String?
    ) async throws -> String? {
        let order = Order(number: member.job.order)
        var isNew = false
        do {
            let task = try await member.context.once("submit") { token in
                isNew = true
                let message = Messages.Submit(
                    order: order.number, reference: member.id.text, token: token.text, parent: try await parent(member.job),
                    hook: news)
                let task = try await upstream.submit(message, to: member.job.account)
                deaths.pass(.submitted, order)
                return task
            }
            if !isNew { return task }
            member.settle(.snooze(.adaptive(Self.polling(member.job))))
        } catch let error as DependencyUnavailable {
            // So it is for all of the account.
            throw error
        } catch let error as UpstreamClient.Busy {
            member.settle(.snooze(for: error.retryAfter))
        } catch is UpstreamClient.Refused {
            member.settle(.discard(reason: "task_status_not_success"))
        } catch {
            member.fail(error)
        }
        return nil
    }

    private func look<Kind: Drawing>(at tasks: [(member: Chunk<Kind>.Member, task: String)]) async throws {
        let found = try await upstream.poll(tasks.map(\.task), of: tasks[0].member.job.account)
        for (member, task) in tasks {
            let order = Order(number: member.job.order)
            deaths.pass(.looked, order)
            guard let status = found[task] else {
                member.fail(Forgotten())
                continue
            }
            switch status.status {
            case .success: member.settle(.completed(Picture(task: task, url: status.url ?? "")))
            case .failure: member.settle(.discard(reason: "the upstream could not draw it"))
            case .inProgress:
                // For display only, and never all of it: what is done is told by the job's end.
                if order.wantsProgress { try? await member.context.progress(Double(min(status.progress, 99)) / 100) }
                member.settle(.snooze(.adaptive(Self.polling(member.job))))
            }
        }
    }

    private static func polling(_ job: some Drawing) -> AdaptivePolling {
        let name = job is Imagine ? Account(name: job.account).pace : "action"
        return AdaptivePolling(looks: 5, least: .milliseconds(100), most: .seconds(5), name: name)
    }
}
