import ArgumentParser
import SluiceCore
import SluiceInspector
import SluiceToolSupport

/// Selects jobs to change, by id or by conditions, and prints the results.
struct JobSelection: ParsableArguments {
    @OptionGroup var global: GlobalOptions

    @Argument(help: "Ids of jobs; or none, and conditions.", transform: { try JobID($0) })
    var ids: [JobID] = []

    @Option(
        help: "The queue they are in. Default: looked for in all.", completion: QueueArgument.completion,
        transform: { try QueueName($0) })
    var queue: QueueName?

    @OptionGroup var conditions: JobConditions

    func validate() throws {
        if ids.isEmpty, queue == nil, !conditions.areNarrow {
            throw ValidationError("give ids of jobs, or --queue, --state, --kind and the like")
        }
        if !ids.isEmpty, conditions.areGiven { throw ValidationError("give ids of jobs, or conditions, not both") }
    }

    /// Changes the jobs; as a bulk change if no ids are given.
    func change(
        _ change: BulkChange,
        _ apply: (Inspector, [JobID], QueueName) async throws(SluiceError) -> [JobChange]
    ) async throws {
        if !ids.isEmpty { return try await self.change(apply) }
        let bulk = BulkRun(change: change, queue: queue, conditions: conditions, printsJSON: global.json)
        try await global.withInspector { try await bulk.run($0) }
    }

    /// Changes the jobs queue by queue, prints each result, and exits with "no" if any job was refused.
    private func change(
        _ apply: (Inspector, [JobID], QueueName) async throws(SluiceError) -> [JobChange]
    ) async throws {
        try await global.withInspector { inspector in
            var changes = try await places(inspector)
            let queues = Set(changes.compactMap(\.queue)).sorted()
            for queue in queues {
                let positions = changes.indices.filter { changes[$0].queue == queue }
                let results = try await apply(inspector, positions.map { changes[$0].change.id }, queue)
                for (position, result) in zip(positions, results) { changes[position].change = result }
            }
            try show(changes)
            if changes.contains(where: { !$0.change.isDone }) { throw ExitCode.no }
        }
    }

    private func places(_ inspector: Inspector) async throws -> [(queue: QueueName?, change: JobChange)] {
        var places: [(queue: QueueName?, change: JobChange)] = []
        for id in ids.uniqued {
            let place: QueueName?
            if let queue { place = queue } else { place = try await inspector.place(of: id) }
            places.append((place, JobChange(id: id, result: .missing)))
        }
        return places
    }

    private func show(_ changes: [(queue: QueueName?, change: JobChange)]) throws {
        if global.json {
            return try Terminal.output.json(.array(changes.map { $0.change.json(queue: $0.queue) }))
        }
        try Terminal.output.lines(changes.map { "\($0.change.id)  \(JobText.result($0.change.result))" })
    }
}
