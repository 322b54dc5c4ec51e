package import Logging
package import SluiceCore

/// Carries facts from the outboxes of queues to their recipients, and acknowledges those that have arrived.
///
/// Workers, clients and inspectors use it. Code that changes jobs outside a worker's cycle calls ``relay(_:)`` afterwards, so
/// that the messages arrive even if no worker of the queue is live. A worker relays the messages that its cycles return. One
/// process of the namespace scans the outboxes of all queues from time to time. A message that could not be delivered stays in
/// its outbox and is handed out again, to this process or another one; receivers ignore repetitions.
package final class Relay: Sendable {
    /// Maximum number of rounds of one relay; the rest is left to others.
    private static let mostRounds = 1000

    let store: Store
    let logger: Logger
    private let known = KnownQueues()

    package init(_ store: Store, logger: Logger? = nil) {
        self.store = store
        self.logger = logger ?? store.logger
    }

    /// Relays the due messages of a queue, and the messages that this puts into the outboxes of other queues.
    ///
    /// It does not throw: messages that fail now are relayed later, by another process.
    package func relay(_ queue: QueueName) async {
        let errand = errand()
        errand.stir(queue)
        await finish(errand)
    }

    /// Relays facts that a call returned, and the messages that this puts into the outboxes of other queues.
    package func carry(_ facts: [Fact], of queue: QueueName, now: Int) async {
        let errand = errand()
        await carry(Round(queue: queue, now: now, facts: facts), errand)
        await finish(errand)
    }

    func errand() -> Errand { Errand(store, known) }

    /// Relays the messages that an errand has put into outboxes, and those that follow from them.
    func finish(_ errand: Errand) async {
        for _ in 0..<Self.mostRounds {
            guard !Task.isCancelled, let queue = errand.takeStirred() else { return }
            do throws(SluiceError) {
                let due = try await store.call(TakeOutbox(), on: queue)
                await carry(Round(queue: queue, now: due.now, facts: due.facts), errand)
                if due.hasMore { errand.stir(queue) }
            } catch {
                logger.warning(
                    "what happened in a queue is not told elsewhere yet: another process does it later",
                    metadata: ["queue": "\(queue)", "error": "\(error)"])
                if error.isTransient { return }
            }
        }
    }

    /// Facts that one call returned.
    struct Round: Sendable {
        var queue: QueueName
        /// The server's time of the call, in ms since 1970.
        var now: Int
        var facts: [Fact]
    }

    private func carry(_ round: Round, _ errand: Errand) async {
        if round.facts.isEmpty { return }
        await withTaskGroup(of: [String].self) { group in
            let places = Dictionary(grouping: round.facts, by: Destination.init)
            for (destination, facts) in places where !destination.isWorkflow {
                group.addTask { await self.carry(facts, to: destination, in: round, errand) }
            }
            let workflows = places.filter { $0.key.isWorkflow }
            if !workflows.isEmpty { group.addTask { await self.tell(workflows, in: round, errand) } }
            var arrived: [String] = []
            for await numbers in group { arrived += numbers }
            if await acknowledge(arrived, of: round.queue) { await forget(arrived, round) }
        }
    }

    /// A recipient of facts that can travel together.
    enum Destination: Hashable {
        case queue(QueueName)
        case slot(QueueName)
        case workflow(String)
        case batch(String)
        case webhooks
        case nowhere

        init(_ fact: Fact) {
            switch fact.news {
            case .moved(let queue, _): self = .queue(queue)
            case .left(let queue, _, _): self = .slot(queue)
            case .node(let workflow, _, _, _, _): self = .workflow(workflow)
            case .members(let batch, _, _): self = .batch(batch)
            case .notices: self = .webhooks
            case .unknown: self = .nowhere
            }
        }

        var isWorkflow: Bool {
            guard case .workflow = self else { return false }
            return true
        }
    }

    /// Returns the numbers of the facts that have arrived.
    private func carry(_ facts: [Fact], to destination: Destination, in round: Round, _ errand: Errand) async -> [String] {
        do throws(SluiceError) {
            switch destination {
            case .queue(let queue): try await move(facts, to: queue, in: round, errand)
            case .slot(let queue):
                for case .left(_, let job, let state) in facts.map(\.news) { try await errand.tell(job, state, in: queue) }
            case .batch(let batch): try await BatchBook(errand).tell(BatchID(known: batch), facts)
            case .webhooks: try await notify(facts, in: round, errand)
            case .nowhere:
                try await setAside(facts, in: round)
                return []
            case .workflow: return []
            }
            return facts.map(\.number)
        } catch {
            complain(error, facts.count, to: "\(destination)", in: round)
            return []
        }
    }

    /// Sets facts aside that cannot be read here. `sluice doctor` shows them, and starting workers, which may be of another
    /// version, get them once more.
    private func setAside(_ facts: [Fact], in round: Round) async throws(SluiceError) {
        let numbers = facts.map(\.number)
        logger.error(
            "what happened in a queue cannot be read by this worker: it is set aside, see `sluice doctor`",
            metadata: ["queue": "\(round.queue)", "facts": "\(numbers.prefix(10).joined(separator: " "))"])
        for page in numbers.pages(of: 1000) { _ = try await store.call(SetAside(page), on: round.queue) }
    }

    func complain(_ error: SluiceError, _ facts: Int, to destination: String, in round: Round) {
        logger.warning(
            "what happened in a queue could not be told elsewhere: it is tried again",
            metadata: ["queue": "\(round.queue)", "to": "\(destination)", "facts": "\(facts)", "error": "\(error)"])
    }

    /// Moves jobs that are suspended in a queue to their own queue.
    private func move(_ facts: [Fact], to queue: QueueName, in round: Round, _ errand: Errand) async throws(SluiceError) {
        var ids: [JobID] = []
        for case .moved(_, let jobs) in facts.map(\.news) { ids += jobs }
        var rest = ids[...]
        var most = 500
        while !rest.isEmpty {
            let items: [Deliver.Item]
            do throws(SluiceError) {
                items = try await store.call(Outgoing(Array(rest.prefix(most))), on: round.queue)
            } catch {
                // A missing reply may be too large.
                guard error.code == .outcomeUnknown, most > 1 else { throw error }
                most = max(most / 8, 1)
                continue
            }
            guard let last = items.last else {
                rest = rest.dropFirst(most)
                continue
            }
            try await errand.deliver(items, to: queue, at: round.now, kept: Deliver.memory)
            // A reply covers as many jobs as fit, in the order of the question.
            rest = rest.drop { $0 != last.id }.dropFirst()
        }
    }

    /// Returns whether all of them are acknowledged.
    private func acknowledge(_ facts: [String], of queue: QueueName) async -> Bool {
        do throws(SluiceError) {
            for page in facts.pages(of: 1000) { try await store.call(Acknowledge(page), on: queue) }
            return true
        } catch {
            logger.debug("facts that arrived are given out again", metadata: ["queue": "\(queue)", "error": "\(error)"])
            return false
        }
    }

    /// Lets queues forget delivered jobs that will not be delivered again. If this call is lost, they remember them for a week.
    private func forget(_ arrived: [String], _ round: Round) async {
        let arrived = Set(arrived)
        for fact in round.facts where arrived.contains(fact.number) {
            guard let (queue, jobs) = fact.news.brought else { continue }
            for page in jobs.pages(of: 1000) { try? await store.call(Forget(page), on: queue) }
        }
    }
}

extension Fact.News {
    /// The jobs that it delivers to a queue, which remembers them.
    fileprivate var brought: (QueueName, [JobID])? {
        switch self {
        case .moved(let queue, let jobs): (queue, jobs)
        case .notices(_, _, let notices): (Notify.queue, notices.map(\.id))
        case .left, .node, .members, .unknown: nil
        }
    }
}
