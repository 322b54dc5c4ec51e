import SluiceCore
import SluiceStore

/// Examines workflows that do not advance.
struct WorkflowExamination {
    /// The most workflows to examine.
    private static let most = 1000
    /// The time, in ms, within which a worker should maintain a workflow.
    private static let patience = 60_000

    let store: Store
    let queues: [QueueName]
    let cures: CureText
    var part = Diagnosis.Part(subject: .workflows, looked: "")

    init(_ store: Store, _ queues: [QueueName], _ cures: CureText) {
        self.store = store
        self.queues = queues
        self.cures = cures
    }

    mutating func run() async throws(SluiceError) {
        let all = try await store.workflows(most: Self.most)
        let ids = all.prefix(Self.most)
        part.looked =
            "\(HumanText.count(ids.count, "workflow")) that \(ids.count == 1 ? "is" : "are") kept: nodes, jobs, maintenance"
        if all.count > ids.count { part.unseen.append("workflows beyond the first \(HumanText.number(Self.most))") }
        let found = try await InOrder.map(Array(ids)) { [self] id throws(SluiceError) in
            var one = self
            one.part = Diagnosis.Part(subject: .workflows, looked: "")
            try await one.examine(id)
            return one.part
        }
        for one in found {
            part.unseen += one.unseen
            part.findings += one.findings
        }
        try await examineMaintenance()
    }

    private mutating func examine(_ id: String) async throws(SluiceError) {
        guard let found = try await store.call(DiagnoseWorkflow(), workflow: id) else { return }
        if found.hasMore { part.unseen.append("nodes of workflow \(id) beyond the first 200 of a state") }
        if found.held > 0 {
            part.add(
                .notice, "workflow.held",
                "\(HumanText.count(found.held, "node")) of workflow \(id) \(found.held == 1 ? "is" : "are") held, since one before "
                    + "failed",
                cure: cures.tool("workflows", "retry", id) + ", or cancel it, or a node of it")
        }
        let lost = try await lost(of: id, found)
        if found.over.isEmpty && lost.isEmpty { return }
        // The data was read in several calls and may have changed in between.
        guard let again = try await store.call(DiagnoseWorkflow(), workflow: id) else { return }
        for node in found.over where again.over.contains(node) {
            part.add(
                .problem, "workflow.stuck",
                "node \(node) of workflow \(id) is suspended though all before it has ended, and nothing releases it",
                cure: cures.tool("workflows", "cancel", id, node))
        }
        let still = try await self.lost(of: id, again)
        for (node, state) in lost where again.active.contains(node) && still.contains(where: { $0.node == node }) {
            tellLost(node, state, of: id)
        }
    }

    private mutating func tellLost(_ node: DiagnoseWorkflow.Active, _ state: JobState?, of id: String) {
        let news = cures.redis(store.tellDeleted(node.job, of: node.node, workflow: id))
        part.add(
            .problem, "workflow.lost",
            "node \(node.node) of workflow \(id) waits for job \(node.job) of queue \(node.queue), which "
                + (state.map { "was \($0.rawValue)" } ?? "is gone") + ", and nothing tells it",
            cure: state == nil ? news : cures.tool("jobs", "retry", "--queue", node.queue, node.job.text))
    }

    /// Active nodes whose jobs will not report their end, and the states of those jobs.
    private func lost(
        of id: String, _ found: DiagnoseWorkflow.Standing
    ) async throws(SluiceError) -> [(node: DiagnoseWorkflow.Active, state: JobState?)] {
        var lost: [(node: DiagnoseWorkflow.Active, state: JobState?)] = []
        for (name, nodes) in Dictionary(grouping: found.active, by: \.queue) {
            guard let queue = try? QueueName(name) else { continue }
            let places = try await store.call(DiagnoseWhereabouts(nodes.map(\.job), for: "workflow.\(id)"), on: queue)
            for (node, place) in zip(nodes, places) where !place.hasMessage && place.state?.isEnded ?? true {
                lost.append((node, place.state))
            }
        }
        return lost.sorted { $0.node.node < $1.node.node }
    }

    /// The queues' time in ms since 1970, from the first queue that can be read.
    private func time() async throws(SluiceError) -> Int {
        for queue in queues {
            do throws(SluiceError) {
                return try await store.call(DiagnoseWorkers(), on: queue).now
            } catch {
                if error.code != .server { throw error }
            }
        }
        return try await store.now()
    }

    /// Examines maintenance: a worker has to look at each workflow from time to time, even if nothing happens.
    private mutating func examineMaintenance() async throws(SluiceError) {
        let now = try await time()
        let overdue = try await store.overdueWorkflows(before: now - Self.patience, most: Self.most)
        guard let first = overdue.first else { return }
        let isBatch = first.hasPrefix(BatchBook.prefix)
        let name = isBatch ? "batch \(first.dropFirst(BatchBook.prefix.count))" : "workflow \(first)"
        let rest = overdue.count > 1 ? " and \(HumanText.number(overdue.count - 1)) more" : ""
        part.add(
            .problem, "workflow.overdue",
            "no process maintains \(name)\(rest): deadlines, and messages of a dead process, wait for that",
            cure: "start a worker, of any queue: " + cures.tool("worker", queues.first?.text ?? "QUEUE", "--exec", "COMMAND"))
    }
}
