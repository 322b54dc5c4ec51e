import ArgumentParser
import Foundation
import SluiceCore
import SluiceInspector
import SluiceToolSupport

/// A bulk change of jobs: counts them if requested or if the user has to confirm, changes them, and prints the result.
struct BulkRun: Sendable {
    let change: JobChange
    /// The queue; nil for all queues.
    let queue: QueueName?
    let conditions: JobConditions
    let printsJSON: Bool

    func run(_ inspector: Inspector) async throws {
        let queues = try await places(inspector)
        if conditions.dryRun { return try await showPreview(of: queues, inspector) }
        if !conditions.yes, try await !isAgreed(queues, inspector) { return }
        let outcome = await Interruption.heeding { try await apply(to: queues, inspector) }
        let results = try outcome.result.get()
        try show(results, isInterrupted: outcome.isInterrupted)
        if outcome.isInterrupted { throw ExitCode(130) }
        if results.contains(where: { $0.progress.refused > 0 }) { throw ExitCode.no }
    }

    /// The queues with jobs in the covered states; at least one, to report on.
    private func places(_ inspector: Inspector) async throws -> [QueueName] {
        if let queue {
            try await inspector.requireUsed(queue)
            return [queue]
        }
        let all = try await inspector.queues()
        let some = try await inspector.queues(among: all, holding: conditions.filter.states ?? change.usualStates)
        return some.isEmpty ? Array(all.prefix(1)) : some
    }

    private func apply(to queues: [QueueName], _ inspector: Inspector) async throws -> [BulkText.Result] {
        var results: [BulkText.Result] = []
        for queue in queues where !Task.isCancelled {
            var filter = conditions.filter
            if let limit = filter.limit {
                filter.limit = limit - results.reduce(0) { $0 + $1.progress.matched }
                if filter.limit == 0 { break }
            }
            var line = ProgressLine(queue)
            let progress = try await inspector.change(change, where: filter, in: queue) { line.show($0) }
            line.clear()
            results.append(BulkText.Result(queue: queue, progress: progress))
        }
        return results
    }

    private func showPreview(of queues: [QueueName], _ inspector: Inspector) async throws {
        var previews: [BulkText.Preview] = []
        for queue in queues {
            let (progress, groups) = try await inspector.preview(change, where: conditions.filter, in: queue)
            previews.append(BulkText.Preview(queue: queue, progress: progress, groups: groups))
        }
        if printsJSON { return try Terminal.output.json(BulkText.json(change, previews)) }
        let terminal = Terminal.output
        try terminal.lines(BulkText.lines(change, previews, width: terminal.width, style: terminal.style))
    }

    /// Whether to proceed. The user has to confirm a change without conditions, and one that would leave no jobs.
    private func isAgreed(_ queues: [QueueName], _ inspector: Inspector) async throws -> Bool {
        var matched = 0
        for queue in queues {
            matched += try await inspector.preview(change, where: conditions.filter, in: queue).progress.matched
        }
        let statuses = if let queue { [try await inspector.status(of: queue)] } else { try await inspector.status() }
        let all = statuses.reduce(0) { $0 + $1.states.values.reduce(0, +) }
        guard matched > 0, !conditions.areNarrow || matched >= all else { return true }
        let place = queue.map { " of \($0)" } ?? " of all queues"
        let question = "\(change.name) \(HumanText.number(matched)) of \(HumanText.count(all, "job"))\(place)"
        guard isatty(0) == 1, Terminal.errors.isInteractive else {
            throw Failure("this would \(question): say --yes if that is meant", status: .usage)
        }
        try Terminal.errors.ask("\(question)? [y/N] ")
        return ["y", "yes"].contains(readLine()?.lowercased() ?? "")
    }

    private func show(_ results: [BulkText.Result], isInterrupted: Bool) throws {
        if printsJSON { return try Terminal.output.json(BulkText.json(change, results)) }
        if isInterrupted { Terminal.complain("interrupted: the rest is as it was") }
        let total = results.reduce(0) { $0 + $1.progress.matched }
        if total == 0, !isInterrupted { return Terminal.complain("no job matches") }
        try Terminal.output.lines(results.filter { $0.progress.matched > 0 }.map { BulkText.line(change, $0) })
    }
}
