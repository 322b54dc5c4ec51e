import ArgumentParser
import SluiceCore
import SluiceInspector
import SluiceToolSupport

struct WorkersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "workers", abstract: "List the workers, the jobs they hold and what is left of their leases.",
        subcommands: [WorkersListCommand.self],
        defaultSubcommand: WorkersListCommand.self)

    @OptionGroup var global: GlobalOptions
}

struct WorkersListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the workers, the jobs they hold and what is left of their leases.")

    @OptionGroup var global: GlobalOptions

    @OptionGroup var scope: ScopeOption

    func run() async throws {
        try await global.withInspector { inspector in
            let workers: [WorkerStatus]
            if let queue = try await scope.used(inspector) {
                workers = try await inspector.workers(of: queue)
            } else {
                workers = try await inspector.workers()
            }
            try global.show(workers, orSay: "no worker is there", json: \.json, table: Self.table)
        }
    }

    static func table(_ workers: [WorkerStatus]) -> Table {
        let versions = workers.map(\.version)
        let hasVersions = versions.contains { $0 != nil }
        var table = Table(
            [.text("WORKER"), .text("QUEUE"), .number("JOBS"), .number("PLACES"), .number("LEASE")]
                + (hasVersions ? [.elastic("VERSION")] : []))
        for (worker, version) in zip(workers, versions) {
            let lease = worker.lease < .zero ? "ended" : HumanText.duration(worker.lease)
            let cells = [
                worker.worker.text, worker.queue.text, HumanText.number(worker.jobs),
                WorkerPlaces.read(worker.info).map(HumanText.number) ?? "-", lease,
            ]
            table.append(cells + (hasVersions ? [version ?? "-"] : []))
        }
        return table
    }
}
