import ArgumentParser
import SluiceCore
import SluiceInspector
import SluiceToolSupport

/// Selects jobs to change, by id or by conditions, and prints the results.
struct JobSelection: ParsableArguments {
    @OptionGroup var global: GlobalOptions

    @Argument(help: "The ids of the jobs; or none, with conditions.", transform: { try JobID($0) })
    var ids: [JobID] = []

    @OptionGroup var place: JobPlace

    @OptionGroup var conditions: JobConditions

    func validate() throws {
        if ids.isEmpty, place.queue == nil, !conditions.areNarrow {
            throw ValidationError(
                "name jobs by id, or give a condition: --queue, --state, --kind, --partition, --error, --older-than or --limit")
        }
        if !ids.isEmpty, conditions.areGiven { throw ValidationError("name jobs by id or give conditions, not both") }
    }

    /// Changes the jobs; as a bulk change if no ids are given.
    func change(_ change: JobChange) async throws {
        if !ids.isEmpty { return try await changeByID(change) }
        let bulk = BulkRun(change: change, queue: place.queue, conditions: conditions, printsJSON: global.json)
        try await global.withInspector { try await bulk.run($0) }
    }

    /// Changes the jobs queue by queue, prints each result, and exits with "no" if any job was refused.
    private func changeByID(_ change: JobChange) async throws {
        try await global.withInspector { inspector in
            var jobs = try await places(inspector)
            for queue in Set(jobs.compactMap(\.queue)).sorted() {
                let positions = jobs.indices.filter { jobs[$0].queue == queue }
                let outcomes = try await inspector.change(change, ids: positions.map { jobs[$0].outcome.id }, in: queue)
                for (position, outcome) in zip(positions, outcomes) { jobs[position].outcome = outcome }
            }
            try show(jobs, global.json ? [:] : try await hints(jobs, inspector))
            if jobs.contains(where: { !$0.outcome.isDone }) { throw ExitCode.no }
        }
    }

    /// The queue of each job; a job that no queue has is missing.
    private func places(_ inspector: Inspector) async throws -> [(queue: QueueName?, outcome: ChangeOutcome)] {
        if let queue = place.queue { try await inspector.requireUsed(queue) }
        var places: [(queue: QueueName?, outcome: ChangeOutcome)] = []
        for id in ids.uniqued {
            places.append((try await place.find(id, inspector), ChangeOutcome(id: id, result: .missing)))
        }
        return places
    }

    /// When the runs end that were asked to stop.
    private func hints(
        _ jobs: [(queue: QueueName?, outcome: ChangeOutcome)], _ inspector: Inspector
    ) async throws -> [JobID: StopHint] {
        var hints: [JobID: StopHint] = [:]
        var workers: [QueueName: [WorkerStatus]] = [:]
        for (queue, outcome) in jobs.filter({ $0.outcome.result == .cancelling }).prefix(StopHint.most) {
            guard let queue else { continue }
            if workers[queue] == nil { workers[queue] = try await inspector.workers(of: queue) }
            hints[outcome.id] = StopHint(try await inspector.explain(outcome.id, in: queue), workers[queue] ?? [])
        }
        return hints
    }

    private func show(_ jobs: [(queue: QueueName?, outcome: ChangeOutcome)], _ hints: [JobID: StopHint]) throws {
        if global.json {
            return try Terminal.output.json(.array(jobs.map { $0.outcome.json(queue: $0.queue) }))
        }
        try Terminal.output.lines(
            jobs.map { job in
                let result = hints[job.outcome.id].map { "cancelling: \($0.text)" } ?? JobText.result(job.outcome.result)
                return "\(job.outcome.id)  \(result)"
            })
    }
}
