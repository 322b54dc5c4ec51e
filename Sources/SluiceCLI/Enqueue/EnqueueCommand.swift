import ArgumentParser
import Sluice
import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceToolSupport

struct EnqueueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enqueue", abstract: "Enqueue a job, or one for each line of standard input.",
        discussion: """
            Prints the id of the job. With --lines and --json-lines, blank lines are skipped, and a line may end with CR LF. A line \
            that is refused is reported with its number, the others are enqueued, and the exit status is 1.
            """)

    @OptionGroup var global: GlobalOptions

    @OptionGroup var target: QueueArgument

    var queue: QueueName { target.queue }

    @Option(help: "The kind of the job, which chooses its handler; workers with --exec take any.")
    var kind = "exec"

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "The arguments, any JSON; @FILE reads a file, - standard input. (default: {})", valueName: "json"))
    var args: String?

    @Flag(help: "Enqueue a job for each line of standard input; its arguments are the line as a JSON string.")
    var lines = false

    @Flag(help: "Enqueue a job for each line of standard input; its arguments are the line, which is JSON.")
    var jsonLines = false

    @Option(
        help: "The id of the job. Enqueueing the same id again adds nothing while the job is kept.", transform: { try JobID($0) })
    var id: JobID?

    @OptionGroup var due: DueOptions

    @OptionGroup var after: AfterOptions

    @OptionGroup var uniqueness: UniqueOptions

    @OptionGroup var notification: NotifyOptions

    @Option(help: ArgumentHelp("The priority, 0 (first) to 9 (last).", valueName: "n"))
    var priority = 5

    @Option(
        help: ArgumentHelp(
            "A partition of the job, for limits and fairness, such as account=42; may be repeated.", valueName: "name=value"),
        transform: { try PartitionText.parse($0) })
    var partition: [PartitionText] = []

    @Option(
        help: ArgumentHelp(
            "A dependency of the job, such as tmdb: the job waits while it is switched off or fails. With ? after the name, "
                + "the job also runs without it. May be repeated.", valueName: "name[?]"),
        transform: { try need($0) })
    var needs: [Dependency] = []

    @Option(
        help: ArgumentHelp("Jobs of one chain run one after another, in the order in which they were enqueued.", valueName: "key")
    )
    var chain: String?

    @Flag(
        help: "If the job is discarded, the next job of its chain waits until an operator retries, cancels or deletes this one.")
    var holdOnDiscard = false

    @Option(help: ArgumentHelp("The failed attempts after which the job is discarded. Default: the worker's.", valueName: "n"))
    var maxAttempts: Int?

    @Option(
        help: ArgumentHelp(
            "How often the job may wait for a missing dependency before it is discarded. Default: no limit.", valueName: "n"))
    var maxWaits: Int?

    @Option(
        help: ArgumentHelp("The longest run, such as 30s. Default: the worker's.", valueName: "duration"),
        transform: { try DurationText.parse($0) })
    var timeout: Duration?

    @Option(
        help: ArgumentHelp(
            "Cancel the job after this time from now, unless it has ended, such as 10m. Default: never.",
            valueName: "duration"),
        transform: { try DurationText.parse($0) })
    var deadline: Duration?

    @Option(
        help: ArgumentHelp(
            "How long to wait while the queue is at its depth limit. Default: not at all.",
            valueName: "duration"),
        transform: { try DurationText.parse($0) })
    var wait: Duration?

    var backPressure: BackPressure { wait.map { .wait(upTo: $0) } ?? .refuse }

    @OptionGroup var durability: DurabilityOptions

    @OptionGroup var payload: PayloadOptions

    var readsLines: Bool { lines || jsonLines }

    func validate() throws {
        if lines, jsonLines { throw ValidationError("--lines and --json-lines exclude each other") }
        if readsLines, args != nil {
            throw ValidationError("with --lines and --json-lines, the arguments come from standard input")
        }
        if readsLines, id != nil { throw ValidationError("--id names one job; --lines and --json-lines make many") }
        if let maxAttempts, maxAttempts < 1 { throw ValidationError("--max-attempts takes 1 or more") }
        if let maxWaits, maxWaits < 1 { throw ValidationError("--max-waits takes 1 or more") }
        if deadline == .zero { throw ValidationError("--deadline must be above 0") }
        if timeout == .zero { throw ValidationError("--timeout must be above 0") }
        if holdOnDiscard, chain == nil { throw ValidationError("--hold-on-discard is for jobs of a --chain") }
        if let name = PartitionText.repeated(partition) {
            throw ValidationError("--partition names '\(name)' twice; a job has one value for each name")
        }
    }

    private static func need(_ text: String) throws(SluiceError) -> Dependency {
        let need = Dependency(text: text)
        try DimensionName.check(need.name)
        return need
    }

    /// Makes the job of these options and arguments, or throws if it cannot be enqueued.
    func request(arguments: String, _ keys: PayloadKeys?) throws(SluiceError) -> JobRequest {
        var request = try JobRequest(kind: kind, queue: queue, arguments: arguments)
        request.id = id
        request.due = due.due ?? .now
        request.priority = priority
        request.maxAttempts = maxAttempts
        request.timeout = timeout
        request.deadline = deadline
        request.partitions = Partitions(Dictionary(partition.map { ($0.name, $0.value) }) { $1 })
        request.needs = needs
        request.chain = chain.map { Chain($0, onDiscarded: holdOnDiscard ? .hold : .continue) }
        request.maxWaits = maxWaits
        request.after = after.followUp(in: queue)
        request.unique = uniqueness.choice
        request.notify = notification.hook
        payload.apply(to: &request)
        try request.check(PayloadRules(limit: payload.size.limit, keys: keys))
        return request
    }

    func run() async throws {
        if readsLines { return try await EnqueueLines(command: self).run() }
        let keys = try payload.neededKeys()
        let limit = payload.size.limit
        let request = try request(arguments: try InputText.json(args ?? "{}", limit: limit), keys)
        try await global.withClient(keys: keys, payloadLimit: limit, backPressure: backPressure) { client in
            await client.store.warnOfEviction()
            do {
                let enqueued = try await client.enqueue(request, durability: durability.choice)
                try report(enqueued.id, isNew: enqueued.isNew, isConfirmed: true)
            } catch let error as SluiceError {
                // A caller that enqueues it again needs the id.
                if let id = error.jobs.first { try report(id, isNew: error.isNew ?? true, isConfirmed: false) }
                throw error
            }
        }
    }

    private func report(_ id: JobID, isNew: Bool, isConfirmed: Bool) throws {
        if global.json {
            let report: JSONValue = ["queue": .string(queue.text), "id": .string(id.text), "added": .bool(isNew)]
            let isPlain = durability.choice == .primary
            try Terminal.output.json(isPlain ? report : report.adding("confirmed", .bool(isConfirmed)))
        } else {
            if !isNew { Terminal.complain("note: '\(id)' was there already, nothing was added") }
            try Terminal.output.line(id.text)
        }
    }
}
