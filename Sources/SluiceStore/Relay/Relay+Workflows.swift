package import SluiceCore

/// Delivers the jobs of released workflow nodes to their queues, and cancels the jobs that a workflow no longer wants.
extension Relay {
    /// Maximum number of ended nodes in one call. Each may release another node, and other clients wait meanwhile.
    private static let mostEnds = 400

    /// Executes what a call on a workflow asks for, and calls again until nothing is left to do. Returns the last reply.
    @discardableResult
    package func follow(_ workflow: String, _ reply: WorkflowStep.Reply) async throws(SluiceError) -> WorkflowStep.Reply {
        let errand = errand()
        let last = try await follow(workflow, reply, errand)
        await finish(errand)
        return last
    }

    private func follow(
        _ workflow: String, _ reply: WorkflowStep.Reply, tending: Bool = false, _ errand: Errand
    ) async throws(SluiceError) -> WorkflowStep.Reply {
        var reply = reply
        while true {
            try await deliver(reply.nodes, at: reply.now, errand)
            try await cancel(reply.stops, errand)
            if !reply.hasMore && !(tending && !reply.nodes.isEmpty) { return reply }
            var verbs: [WorkflowStep.Verb] = reply.nodes.isEmpty ? [] : [.released(reply.nodes.map(\.name))]
            // Tending goes through all nodes that are being released, a page at a time.
            if tending { verbs.append(.maintain) }
            reply = try await store.call(WorkflowStep(verbs), workflow: workflow)
        }
    }

    /// Does the maintenance of one workflow, or batch. Returns the time until the next one; nil if it is gone.
    func maintain(_ workflow: String) async throws(SluiceError) -> Duration? {
        let errand = errand()
        if try await BatchBook(errand).maintain(workflow) {
            await finish(errand)
            return nil
        }
        let reply = try await store.call(WorkflowStep([.maintain]), workflow: workflow)
        let look = try await follow(workflow, reply, tending: true, errand).look
        await finish(errand)
        return look
    }

    /// Delivers jobs of any workflows to their queues. Repeating it is harmless.
    private func deliver(_ nodes: [WorkflowStep.Node], at now: Int, _ errand: Errand) async throws(SluiceError) {
        for (queue, nodes) in Dictionary(grouping: nodes, by: \.queue) {
            for page in nodes.map(\.item).pages(in: Deliver.room, { $0.takes(bytes: $1.spec.count) }) {
                try await errand.deliver(page, to: queue, at: now)
            }
        }
    }

    private func cancel(_ stops: [WorkflowStep.Stop], _ errand: Errand) async throws(SluiceError) {
        for (queue, stops) in Dictionary(grouping: stops, by: \.queue) {
            try await errand.cancel(stops.map(\.job), in: queue)
        }
    }

    /// The result of reporting facts to one workflow.
    private struct Told: Sendable {
        var numbers: [String]
        /// The nodes that it released, to be delivered together with those of others.
        var nodes: [WorkflowStep.Node]
        var now: Int
    }

    /// Reports ended nodes to workflows, and delivers all released nodes together. Returns the numbers of the facts that have
    /// arrived.
    func tell(_ workflows: [Destination: [Fact]], in round: Round, _ errand: Errand) async -> [String] {
        let told = await withTaskGroup(of: Told?.self) { group in
            for case (.workflow(let workflow), let facts) in workflows {
                for page in facts.pages(of: Self.mostEnds) {
                    group.addTask { await self.tell(workflow, page, in: round, errand) }
                }
            }
            var told: [Told] = []
            for await one in group { if let one { told.append(one) } }
            return told
        }
        let nodes = told.flatMap(\.nodes)
        if !nodes.isEmpty {
            do throws(SluiceError) {
                try await deliver(nodes, at: told.map(\.now).min() ?? round.now, errand)
            } catch {
                complain(error, nodes.count, to: "queues", in: round)
                return told.filter(\.nodes.isEmpty).flatMap(\.numbers)
            }
        }
        return told.flatMap(\.numbers)
    }

    private func tell(_ workflow: String, _ facts: [Fact], in round: Round, _ errand: Errand) async -> Told? {
        var verbs: [WorkflowStep.Verb] = []
        for fact in facts {
            guard case .node(_, let name, let job, let state, let output) = fact.news else { continue }
            verbs.append(.done(node: name, job: job, state: state, output: output))
        }
        do throws(SluiceError) {
            let reply = try await store.call(WorkflowStep(verbs), workflow: workflow)
            let told = Told(numbers: facts.map(\.number), nodes: reply.nodes, now: reply.now)
            if !reply.hasMore, reply.stops.isEmpty { return told }
            _ = try await follow(workflow, reply, errand)
            return Told(numbers: told.numbers, nodes: [], now: reply.now)
        } catch {
            complain(error, facts.count, to: "workflow \(workflow)", in: round)
            return nil
        }
    }
}
