import Hiredis
package import Logging
package import SluiceCore

/// Carries messages from the outboxes of queues to their recipients, and acknowledges those that have arrived.
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
    private let claims: RelayRun.Claim

    /// - Parameter claims: makes a worker of this process that is idle in a queue call for jobs there next. Returns whether
    ///   there is one.
    package init(_ store: Store, logger: Logger? = nil, claims: @escaping RelayRun.Claim = { _ in false }) {
        self.store = store
        self.logger = logger ?? store.logger
        self.claims = claims
    }

    /// Relays the due messages of a queue, and the messages that this puts into the outboxes of other queues.
    ///
    /// It does not throw: messages that fail now are relayed later, by another process.
    package func relay(_ queue: QueueName) async {
        let run = begin()
        run.mark(queue)
        await finish(run)
    }

    /// Relays messages that a call returned, and the messages that this puts into the outboxes of other queues.
    /// - Returns: Whether all of them have arrived. The others are handed out again by a later call.
    @discardableResult
    package func carry(_ messages: [OutboxMessage], of queue: QueueName, now: Int) async -> Bool {
        let run = begin()
        let haveArrived = await carry(Round(queue: queue, now: now, messages: messages), run)
        let haveFollowed = await finish(run)
        return haveArrived && haveFollowed
    }

    func begin() -> RelayRun { RelayRun(store, known, claims) }

    /// Relays the messages that a run has put into outboxes, and those that follow from them. Returns whether all have arrived.
    ///
    /// A node that fails is not asked for the rest of the run, so that it delays those that live once only.
    @discardableResult
    func finish(_ run: RelayRun) async -> Bool {
        var haveArrived = true
        var away: Set<RedisEndpoint?> = []
        for _ in 0..<Self.mostRounds {
            guard !Task.isCancelled else { return false }
            guard let queue = run.takeMarked() else { return haveArrived }
            let node = store.knownEndpoint(of: queue)
            if away.contains(node) {
                haveArrived = false
                continue
            }
            do throws(SluiceError) {
                let due = try await store.call(TakeOutbox(), on: queue)
                if await !carry(Round(queue: queue, now: due.now, messages: due.messages), run) { haveArrived = false }
                if due.hasMore { run.mark(queue) }
            } catch {
                haveArrived = false
                logger.warning(
                    "outbox messages of a queue could not be relayed: another process relays them later",
                    metadata: ["queue": "\(queue)", "error": "\(error)"])
                if error.isTransient { away.insert(node) }
            }
        }
        return false
    }

    /// Messages that one call returned.
    struct Round: Sendable {
        var queue: QueueName
        /// The server's time of the call, in ms since 1970.
        var now: Int
        var messages: [OutboxMessage]
    }

    /// Returns whether all messages have arrived, but for those that cannot be read here.
    private func carry(_ round: Round, _ run: RelayRun) async -> Bool {
        if round.messages.isEmpty { return true }
        return await withTaskGroup(of: [String].self) { group in
            let places = Dictionary(grouping: round.messages, by: Destination.init)
            for (destination, messages) in places where !destination.isWorkflow {
                group.addTask { await self.carry(messages, to: destination, in: round, run) }
            }
            let workflows = places.filter { $0.key.isWorkflow }
            if !workflows.isEmpty { group.addTask { await self.tell(workflows, in: round, run) } }
            var arrived: [String] = []
            for await numbers in group { arrived += numbers }
            guard await acknowledge(arrived, of: round.queue) else { return false }
            await forget(arrived, round)
            return arrived.count + (places[.nowhere]?.count ?? 0) >= round.messages.count
        }
    }

    /// A recipient of messages that can travel together.
    enum Destination: Hashable {
        case queue(QueueName)
        case slot(QueueName)
        case workflow(String)
        case batch(String)
        case webhooks
        case nowhere

        init(_ message: OutboxMessage) {
            switch message.event {
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

    /// Returns the numbers of the messages that have arrived.
    private func carry(_ messages: [OutboxMessage], to destination: Destination, in round: Round, _ run: RelayRun) async
        -> [String]
    {
        do throws(SluiceError) {
            switch destination {
            case .queue(let queue): try await move(messages, to: queue, in: round, run)
            case .slot(let queue):
                for case .left(_, let job, let state) in messages.map(\.event) { try await run.tell(job, state, in: queue) }
            case .batch(let batch): try await BatchBook(run).tell(BatchID(known: batch), messages)
            case .webhooks: try await notify(messages, in: round, run)
            case .nowhere:
                try await setAside(messages, in: round)
                return []
            case .workflow: return []
            }
            return messages.map(\.number)
        } catch {
            complain(error, messages.count, to: "\(destination)", in: round)
            return []
        }
    }

    /// Sets messages aside that cannot be read here. `sluice doctor` shows them, and starting workers, which may be of another
    /// version, get them once more.
    private func setAside(_ messages: [OutboxMessage], in round: Round) async throws(SluiceError) {
        let numbers = messages.map(\.number)
        logger.error(
            "outbox messages of a queue cannot be read here: they are set aside, see `sluice doctor`",
            metadata: ["queue": "\(round.queue)", "messages": "\(numbers.prefix(10).joined(separator: " "))"])
        for page in numbers.pages(of: 1000) { _ = try await store.call(SetAside(page), on: round.queue) }
    }

    func complain(_ error: SluiceError, _ messages: Int, to destination: String, in round: Round) {
        logger.warning(
            "outbox messages could not be delivered: they are tried again",
            metadata: ["queue": "\(round.queue)", "to": "\(destination)", "messages": "\(messages)", "error": "\(error)"])
    }

    /// Moves jobs that are suspended in a queue to their own queue.
    private func move(_ messages: [OutboxMessage], to queue: QueueName, in round: Round, _ run: RelayRun)
        async throws(SluiceError)
    {
        var ids: [JobID] = []
        for case .moved(_, let jobs) in messages.map(\.event) { ids += jobs }
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
            try await run.deliver(items, to: queue, at: round.now, of: store.keys.base(round.queue), kept: Deliver.memory)
            // A reply covers as many jobs as fit, in the order of the question.
            rest = rest.drop { $0 != last.id }.dropFirst()
        }
    }

    /// Returns whether all of them are acknowledged.
    private func acknowledge(_ messages: [String], of queue: QueueName) async -> Bool {
        do throws(SluiceError) {
            for page in messages.pages(of: 1000) { try await store.call(Acknowledge(page), on: queue) }
            return true
        } catch {
            logger.debug(
                "outbox messages that arrived are not acknowledged: they are handed out again",
                metadata: ["queue": "\(queue)", "error": "\(error)"])
            return false
        }
    }

    /// Lets queues forget delivered jobs that will not be delivered again. If this call is lost, they remember them for a week.
    private func forget(_ arrived: [String], _ round: Round) async {
        let arrived = Set(arrived)
        for message in round.messages where arrived.contains(message.number) {
            guard let (queue, jobs) = message.event.brought else { continue }
            for page in jobs.pages(of: 1000) { try? await store.call(Forget(page), on: queue) }
        }
    }
}

extension OutboxMessage.Event {
    /// The jobs that it delivers to a queue, which remembers them.
    fileprivate var brought: (QueueName, [JobID])? {
        switch self {
        case .moved(let queue, let jobs): (queue, jobs)
        case .notices(_, _, let notices): (Notify.queue, notices.map(\.id))
        case .left, .node, .members, .unknown: nil
        }
    }
}
