package import SluiceCore

/// Delivers the jobs of released workflow nodes to their queues, and cancels the jobs that a workflow no longer wants.
extension Relay {
    /// Maximum number of ended nodes in one call. Each may release another node, and other clients wait meanwhile.
    private static let mostEnds = 400

    /// Executes what a call on a workflow asks for, and calls again until nothing is left to do. Returns the last reply.
    @discardableResult
    package func follow(_ workflow: String, _ reply: WorkflowStep.Reply) async throws(SluiceError) -> WorkflowStep.Reply {
        let run = begin()
        let last = try await follow(workflow, reply, run)
        await finish(run)
        return last
    }

    private func follow(
        _ workflow: String, _ reply: WorkflowStep.Reply, tending: Bool = false, _ run: RelayRun
    ) async throws(SluiceError) -> WorkflowStep.Reply {
        var reply = reply
        while true {
            try await deliver(reply.nodes, at: reply.now, of: store.keys.workflow(workflow), run)
            try await cancel(reply.stops, run)
            if !reply.hasMore && !(tending && !reply.nodes.isEmpty) { return reply }
            var verbs: [WorkflowStep.Verb] = reply.nodes.isEmpty ? [] : [.released(reply.nodes.map(\.name))]
            // Tending goes through all nodes that are being released, a page at a time.
            if tending { verbs.append(.maintain) }
            reply = try await store.call(WorkflowStep(verbs), workflow: workflow)
        }
    }

    /// Does the maintenance of one workflow, or batch. Returns the time until the next one; nil if it is gone.
    func maintain(_ workflow: String) async throws(SluiceError) -> Duration? {
        let run = begin()
        if try await BatchBook(run).maintain(workflow) {
            await finish(run)
            return nil
        }
        let reply = try await store.call(WorkflowStep([.maintain]), workflow: workflow)
        let look = try await follow(workflow, reply, tending: true, run).look
        await finish(run)
        return look
    }

    /// Delivers jobs of any workflows to their queues. Repeating it is harmless.
    private func deliver(
        _ nodes: [WorkflowStep.Node], at now: Int, of source: String, _ run: RelayRun
    ) async throws(SluiceError) {
        for (queue, nodes) in Dictionary(grouping: nodes, by: \.queue) {
            for page in nodes.map(\.item).pages(in: Deliver.room, { $0.takes(bytes: $1.spec.count) }) {
                try await run.deliver(page, to: queue, at: now, of: source)
            }
        }
    }

    private func cancel(_ stops: [WorkflowStep.Stop], _ run: RelayRun) async throws(SluiceError) {
        for (queue, stops) in Dictionary(grouping: stops, by: \.queue) {
            try await run.cancel(stops.map(\.job), in: queue)
        }
    }

    /// The result of reporting messages to one workflow.
    private struct Reported: Sendable {
        var numbers: [String]
        /// The nodes that it released, to be delivered together with those of others.
        var nodes: [WorkflowStep.Node]
        /// By the clock of the round.
        var now: Int
    }

    /// Reports ended nodes to workflows, and delivers all released nodes together. Returns the numbers of the messages that have
    /// arrived.
    func tell(_ workflows: [Destination: [OutboxMessage]], in round: Round, _ run: RelayRun) async -> [String] {
        let reported = await withTaskGroup(of: Reported?.self) { group in
            for case (.workflow(let workflow), let messages) in workflows {
                for page in messages.pages(of: Self.mostEnds) {
                    group.addTask { await self.tell(workflow, page, in: round, run) }
                }
            }
            var reported: [Reported] = []
            for await one in group { if let one { reported.append(one) } }
            return reported
        }
        let nodes = reported.flatMap(\.nodes)
        if !nodes.isEmpty {
            do throws(SluiceError) {
                let now = reported.map(\.now).min() ?? round.now
                try await deliver(nodes, at: now, of: store.keys.base(round.queue), run)
            } catch {
                complain(error, nodes.count, to: "queues", in: round)
                return reported.filter(\.nodes.isEmpty).flatMap(\.numbers)
            }
        }
        return reported.flatMap(\.numbers)
    }

    private func tell(_ workflow: String, _ messages: [OutboxMessage], in round: Round, _ run: RelayRun) async -> Reported? {
        var verbs: [WorkflowStep.Verb] = []
        for message in messages {
            guard case .node(_, let name, let job, let state, let output) = message.event else { continue }
            verbs.append(.done(node: name, job: job, state: state, output: output))
        }
        do throws(SluiceError) {
            let reply = try await store.call(WorkflowStep(verbs), workflow: workflow)
            let now = try await store.moment(reply.now, of: store.keys.workflow(workflow), for: store.keys.base(round.queue))
            let reported = Reported(numbers: messages.map(\.number), nodes: reply.nodes, now: now)
            if !reply.hasMore, reply.stops.isEmpty { return reported }
            _ = try await follow(workflow, reply, run)
            return Reported(numbers: reported.numbers, nodes: [], now: now)
        } catch {
            complain(error, messages.count, to: "workflow \(workflow)", in: round)
            return nil
        }
    }
}
