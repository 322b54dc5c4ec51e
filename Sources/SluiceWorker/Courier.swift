import Logging
import SluiceCore
import SluiceStore
import Synchronization

/// Carries facts to where they belong, and acknowledges them when they have arrived.
///
/// What fails stays in the queue's outbox and is given out again, to this worker or another one, so nothing is repeated here;
/// receivers take what comes twice as one.
final class Courier: Sendable {
    /// Ms by the server's clock for which what was learned from one slot may be acted on in another.
    static let validity = 60_000
    /// For how long a queue remembers jobs that were brought to it, unless it hears that they may be forgotten.
    static let memory = Duration.seconds(7 * 86_400)

    let store: Store
    let carrier: WorkflowCarrier
    let logger: Logger
    /// Queues that were made known to those who list them.
    private let registered = Mutex<Set<QueueName>>([])
    private let rounds: AsyncStream<Round>
    private let continuation: AsyncStream<Round>.Continuation

    /// Facts that one call gave out.
    struct Round: Sendable {
        var queue: QueueName
        /// The server's time then, in ms since 1970.
        var now: Int
        var facts: [Fact]
    }

    init(_ store: Store, _ carrier: WorkflowCarrier, logger: Logger) {
        self.store = store
        self.carrier = carrier
        self.logger = logger
        // What is dropped here is given out again by Redis.
        (rounds, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1000))
    }

    func carry(_ facts: [Fact], of queue: QueueName, now: Int) {
        if !facts.isEmpty { continuation.yield(Round(queue: queue, now: now, facts: facts)) }
    }

    /// Lets `run` return when everything that was given out has been carried.
    func finish() { continuation.finish() }

    /// Carries until finished, some rounds side by side.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            var running = 0
            for await round in rounds {
                if running == Self.mostRounds {
                    await group.next()
                    running -= 1
                }
                group.addTask { await self.carry(round) }
                running += 1
            }
        }
    }

    private static let mostRounds = 8
    /// Ends of nodes that one call tells a workflow: each may release another node, and nobody else is served meanwhile.
    private static let mostEnds = 400

    private func carry(_ round: Round) async {
        await withTaskGroup(of: [String].self) { group in
            let places = Dictionary(grouping: round.facts, by: Destination.init)
            for (destination, facts) in places where !destination.isWorkflow {
                group.addTask { await self.carry(facts, to: destination, in: round) }
            }
            let workflows = places.filter { $0.key.isWorkflow }
            if !workflows.isEmpty { group.addTask { await self.tell(workflows, in: round) } }
            var arrived: [String] = []
            for await numbers in group { arrived += numbers }
            if await acknowledge(arrived, of: round.queue) { await forget(arrived, round) }
        }
    }

    /// Where facts go that can travel together.
    private enum Destination: Hashable {
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
    private func carry(_ facts: [Fact], to destination: Destination, in round: Round) async -> [String] {
        do throws(SluiceError) {
            switch destination {
            case .queue(let queue): try await move(facts, to: queue, in: round)
            case .slot(let queue): try await tell(facts, to: queue)
            case .batch(let batch): try await tell(BatchID(known: batch), facts)
            case .webhooks: try await notify(facts, in: round)
            case .workflow, .nowhere: return []
            }
            return facts.map(\.number)
        } catch {
            complain(error, facts.count, to: "\(destination)", in: round)
            return []
        }
    }

    private func complain(_ error: SluiceError, _ facts: Int, to destination: String, in round: Round) {
        logger.warning(
            "what happened in a queue could not be told elsewhere: it is tried again",
            metadata: ["queue": "\(round.queue)", "to": "\(destination)", "facts": "\(facts)", "error": "\(error)"])
    }

    /// What one workflow made of its news.
    private struct Told: Sendable {
        var numbers: [String]
        /// What it released, to be brought into their queues with that of others.
        var nodes: [WorkflowStep.Node]
        var now: Int
    }

    /// Tells workflows of their nodes, and brings what they release into their queues, all together. Returns what has arrived.
    private func tell(_ workflows: [Destination: [Fact]], in round: Round) async -> [String] {
        let told = await withTaskGroup(of: Told?.self) { group in
            for case (.workflow(let workflow), let facts) in workflows {
                for first in stride(from: 0, to: facts.count, by: Self.mostEnds) {
                    let page = Array(facts[first...].prefix(Self.mostEnds))
                    group.addTask { await self.tell(workflow, page, in: round) }
                }
            }
            var told: [Told] = []
            for await one in group { if let one { told.append(one) } }
            return told
        }
        let nodes = told.flatMap(\.nodes)
        if !nodes.isEmpty {
            do throws(SluiceError) {
                try await carrier.deliver(nodes, at: told.map(\.now).min() ?? round.now)
            } catch {
                complain(error, nodes.count, to: "queues", in: round)
                return told.filter(\.nodes.isEmpty).flatMap(\.numbers)
            }
        }
        return told.flatMap(\.numbers)
    }

    private func tell(_ workflow: String, _ facts: [Fact], in round: Round) async -> Told? {
        var verbs: [WorkflowStep.Verb] = []
        for fact in facts {
            guard case .node(_, let name, let job, let state, let output) = fact.news else { continue }
            verbs.append(.done(node: name, job: job, state: state, output: output))
        }
        do throws(SluiceError) {
            let reply = try await store.call(WorkflowStep(verbs), workflow: workflow)
            let told = Told(numbers: facts.map(\.number), nodes: reply.nodes, now: reply.now)
            if !reply.hasMore, reply.stops.isEmpty { return told }
            try await carrier.follow(workflow, reply)
            return Told(numbers: told.numbers, nodes: [], now: reply.now)
        } catch {
            complain(error, facts.count, to: "workflow \(workflow)", in: round)
            return nil
        }
    }

    /// Tells a batch which members ended. One that is not known any more needs nothing.
    private func tell(_ batch: BatchID, _ facts: [Fact]) async throws(SluiceError) {
        var ends: [Fact.EndState?: [JobID]] = [:]
        for case .members(_, let state, let jobs) in facts.map(\.news) { ends[state, default: []] += jobs }
        do throws(SluiceError) {
            for (state, ids) in ends {
                for first in stride(from: 0, to: ids.count, by: BatchCall.mostMembers) {
                    try await BatchBook(store).tell(batch, .done(state, Array(ids[first...].prefix(BatchCall.mostMembers))))
                }
            }
        } catch {
            if error.code != .batchEnded { throw error }
        }
    }

    /// Brings jobs that are suspended in a queue to the one they belong to.
    private func move(_ facts: [Fact], to queue: QueueName, in round: Round) async throws(SluiceError) {
        var ids: [JobID] = []
        for case .moved(_, let jobs) in facts.map(\.news) { ids += jobs }
        var rest = ids[...]
        while !rest.isEmpty {
            let items = try await store.call(Outgoing(Array(rest.prefix(500))), on: round.queue)
            guard let last = items.last else {
                rest = rest.dropFirst(500)
                continue
            }
            try await register(queue)
            let call = Deliver(validUntil: round.now + Self.validity, items: items, kept: Self.memory)
            _ = try await store.call(call, on: queue)
            // A reply has as much as fits; it is in the order of the question.
            rest = rest.drop { $0 != last.id }.dropFirst()
        }
    }

    func register(_ queue: QueueName) async throws(SluiceError) {
        if registered.withLock({ $0.contains(queue) }) { return }
        try await store.register(queue)
        registered.withLock { _ = $0.insert(queue) }
    }

    /// Tells followers that were left in the slot of another queue.
    private func tell(_ facts: [Fact], to queue: QueueName) async throws(SluiceError) {
        for case .left(_, let job, let state) in facts.map(\.news) {
            try await store.call(Tell(state, [job]), on: queue)
        }
    }

    /// Returns whether all of them are acknowledged.
    private func acknowledge(_ facts: [String], of queue: QueueName) async -> Bool {
        var rest = facts[...]
        while !rest.isEmpty {
            do {
                try await store.call(Acknowledge(Array(rest.prefix(1000))), on: queue)
            } catch {
                logger.debug("facts that arrived are given out again", metadata: ["queue": "\(queue)", "error": "\(error)"])
                return false
            }
            rest = rest.dropFirst(1000)
        }
        return true
    }

    /// Jobs that nobody will bring again need not be remembered where they are. If this is not heard, they are for a week.
    private func forget(_ arrived: [String], _ round: Round) async {
        let arrived = Set(arrived)
        for fact in round.facts where arrived.contains(fact.number) {
            guard let (queue, jobs) = fact.news.brought else { continue }
            var rest = jobs[...]
            while !rest.isEmpty {
                try? await store.call(Forget(Array(rest.prefix(1000))), on: queue)
                rest = rest.dropFirst(1000)
            }
        }
    }
}

extension Fact.News {
    /// The jobs that it brings to a queue, which remembers them.
    fileprivate var brought: (QueueName, [JobID])? {
        switch self {
        case .moved(let queue, let jobs): (queue, jobs)
        case .notices(_, _, let notices): (Notify.queue, notices.map(\.id))
        case .left, .node, .members, .unknown: nil
        }
    }
}
