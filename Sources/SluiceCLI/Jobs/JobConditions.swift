import ArgumentParser
import SluiceCore
import SluiceInspector

/// The conditions for jobs of a bulk change.
struct JobConditions: ParsableArguments {
    @Option(
        help: "Jobs in this state; may be repeated. Default: the usual states of the change.",
        completion: .list(JobState.listed.map(\.rawValue)), transform: JobsListCommand.state)
    var state: [JobState] = []

    @Option(help: "Jobs of this kind.")
    var kind: String?

    @Option(
        help: ArgumentHelp("Jobs with this partition; may be repeated.", valueName: "name=value"),
        transform: { try PartitionText.parse($0) })
    var partition: [PartitionText] = []

    @Option(help: ArgumentHelp("Jobs whose last error contains this text; upper and lower case are alike.", valueName: "text"))
    var error: String?

    @Option(
        help: ArgumentHelp(
            "Jobs of at least this age, from their end, else the start of their run, else their enqueue: 90s, 1h, 2d.",
            valueName: "duration"),
        transform: { try DurationText.parse($0) })
    var olderThan: Duration?

    @Option(help: ArgumentHelp("The number of jobs to change at most.", valueName: "n"))
    var limit: Int?

    @Flag(help: "Count the jobs that match, and change nothing.")
    var dryRun = false

    @Flag(help: "Do not ask, even if all jobs match.")
    var yes = false

    func validate() throws {
        if let name = PartitionText.repeated(partition) { throw ValidationError("--partition has \(name) twice") }
        if let limit, limit < 1 { throw ValidationError("--limit takes 1 or more") }
    }

    /// Whether the conditions exclude any job.
    var areNarrow: Bool {
        !state.isEmpty || kind != nil || !partition.isEmpty || error != nil || olderThan != nil || limit != nil
    }

    /// Whether any option was given.
    var areGiven: Bool { areNarrow || dryRun || yes }

    var filter: BulkFilter {
        BulkFilter(
            states: state.isEmpty ? nil : state, kind: kind,
            partitions: Dictionary(partition.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first }), error: error,
            olderThan: olderThan, limit: limit)
    }
}
