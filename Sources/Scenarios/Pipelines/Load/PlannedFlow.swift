import Sluice

/// A diamond with a workflow inside: `a`, five `b` after it, `c` after those, then the two nodes of `d`, and `e` in another queue.
struct PlannedFlow: Sendable {
    static let fan = 5

    let id: String
    let portion: Int
    /// What `e` returns; nil if it never runs.
    let result: Int?
    let jobs: [PlannedJob]
    private let number: Int
    private let account: String
    private let work: Int

    init(_ number: Int, account: String, work: Int, portion: Int) {
        let id = "flow-\(number)"
        self.id = id
        self.portion = portion
        self.number = number
        self.account = account
        self.work = work
        let ends = (0..<Self.fan).map { Self.end(of: $0, in: number) }
        let a = number + 1
        let sum = ends.enumerated().reduce(0) { $0 + ($1.element.state == .completed ? a * ($1.offset + 2) : 0) }
        let isCut = ends.contains(.cancels)
        result = isCut ? nil : (sum + 1) * 2

        func job(_ name: String, _ end: JobState, after: [String], queue: QueueName? = "work", isQueued: Bool = true)
            -> PlannedJob
        {
            PlannedJob(
                id: "\(id):\(name)", kind: .node, account: account, queue: queue, portion: portion, end: end, isQueued: isQueued,
                after: after.map { "\(id):\($0)" })
        }
        let late: JobState = isCut ? .cancelled : .completed
        var jobs = [job("a", .completed, after: [])]
        for (index, end) in ends.enumerated() { jobs.append(job("b-\(index)", end.state, after: ["a"])) }
        jobs.append(job("c", late, after: (0..<Self.fan).map { "b-\($0)" }, isQueued: !isCut))
        jobs.append(job("d.s", late, after: ["c"], isQueued: !isCut))
        jobs.append(job("d.t", late, after: ["d.s"], isQueued: !isCut))
        jobs.append(job("d", late, after: ["d.t"], queue: nil, isQueued: false))
        jobs.append(job("e", late, after: ["d.t"], queue: "serial", isQueued: !isCut))
        self.jobs = jobs
    }

    /// One of them fails first in some workflows, is discarded in others, where `c` runs all the same, or is cancelled, and what
    /// comes after it with it.
    private static func end(of index: Int, in number: Int) -> PlannedEnd {
        if index == 1, number % 3 == 0 { return .failsFirst }
        if index == 2, number % 5 == 1 { return .discards }
        return index == 3 && number % 5 == 2 ? .cancels : .completes
    }

    func workflow() throws -> Workflow {
        var flow = Workflow("diamond")
        flow.id = WorkflowID(known: id)
        let a = flow.add("a", node(addend: number + 1))
        var fan: [Workflow.Node] = []
        for index in 0..<Self.fan {
            let b = node(["a"], factor: index + 2, end: Self.end(of: index, in: number))
            fan.append(flow.add("b-\(index)", b, after: a).onFailed(index == 2 ? .ignore : .cancel))
        }
        let c = flow.add("c", node(fan.map(\.name), mayMiss: ["b-2"]), after: fan)
        var inner = Workflow("inside")
        let s = inner.add("s", node(["c"], addend: 1))
        inner.add("t", node(["d.s"], factor: 2), after: s)
        let d = flow.add("d", inner, after: c)
        var last = try JobRequest(node(["d.t"]))
        last.queue = "serial"
        flow.add("e", last, after: d)
        return flow
    }

    private func node(
        _ inputs: [String] = [], mayMiss: [String] = [], factor: Int = 1, addend: Int = 0, end: PlannedEnd = .completes
    ) -> FlowNode {
        FlowNode(
            account: account, milliseconds: work, end: end, inputs: inputs, mayMiss: mayMiss, factor: factor, addend: addend)
    }
}
