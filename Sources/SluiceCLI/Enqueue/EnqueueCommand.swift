import ArgumentParser
import Sluice
import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceToolSupport

struct EnqueueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enqueue", abstract: "Put a job in, or one for each line of standard input.",
        discussion: """
            Prints the id of the job. With --lines and --json-lines, a line that is refused is reported with its number and \
            the others go in; the exit status is then 1.
            """)

    @OptionGroup var global: GlobalOptions

    @Argument(help: "It need not be made before.", completion: QueueArgument.completion, transform: { try QueueName($0) })
    var queue: QueueName

    @Option(help: "What the worker is to do with it; workers with --exec take any.")
    var kind = "exec"

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Its arguments, any JSON; @FILE for what a file holds, - for standard input. (default: {})", valueName: "json"))
    var args: String?

    @Flag(help: "One job for each line of standard input, the line as a JSON string its arguments.")
    var lines = false

    @Flag(help: "One job for each line of standard input, the line its arguments as JSON.")
    var jsonLines = false

    @Option(
        help: "An id of your own: enqueueing it again adds nothing while the job is kept.", transform: { try JobID($0) })
    var id: JobID?

    @OptionGroup var due: DueOptions

    @OptionGroup var after: AfterOptions

    @OptionGroup var uniqueness: UniqueOptions

    @OptionGroup var notification: NotifyOptions

    @Option(help: ArgumentHelp("0 (first) to 9 (last).", valueName: "n"))
    var priority = 5

    @Option(
        help: ArgumentHelp(
            "What the job is about, for limits and fairness, such as account=42; may be repeated.", valueName: "name=value"),
        transform: { try PartitionText.parse($0) })
    var partition: [PartitionText] = []

    @Option(
        help: ArgumentHelp(
            "What the job depends on, such as tmdb: it waits while that is switched off or fails. With a ? behind the name it "
                + "runs without. May be repeated.", valueName: "name[?]"),
        transform: { try need($0) })
    var needs: [Dependency] = []

    @Option(
        help: ArgumentHelp("Jobs of one chain run one after another, in the order in which they were enqueued.", valueName: "key")
    )
    var chain: String?

    @Flag(help: "If the job is discarded, the next of its chain waits until somebody has retried, cancelled or deleted it.")
    var holdOnDiscard = false

    @Option(help: ArgumentHelp("Runs that may end badly before it is discarded. Default: the worker's.", valueName: "n"))
    var maxAttempts: Int?

    @Option(
        help: ArgumentHelp(
            "Times that it may wait for what it depends on before it is discarded. Default: without end.", valueName: "n"))
    var maxWaits: Int?

    @Option(
        help: ArgumentHelp("How long a run may take, such as 30s. Default: the worker's.", valueName: "duration"),
        transform: { try DurationText.parse($0) })
    var timeout: Duration?

    @Option(
        help: ArgumentHelp(
            "Cancel it so long after now unless it has ended, whatever it waits for, such as 10m. Default: never.",
            valueName: "duration"),
        transform: { try DurationText.parse($0) })
    var deadline: Duration?

    @Option(
        help: ArgumentHelp(
            "Where as many jobs wait as the limit `depth` lets, wait so long for room. Default: not at all.",
            valueName: "duration"),
        transform: { try DurationText.parse($0) })
    var wait: Duration?

    var backPressure: BackPressure { wait.map { .wait(upTo: $0) } ?? .refuse }

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
        if deadline == .zero { throw ValidationError("--deadline takes more than nothing") }
        if timeout == .zero { throw ValidationError("--timeout takes more than nothing") }
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
        try request.check(PayloadRules(limit: SluiceClient.Options().payloadLimit, keys: keys))
        return request
    }

    func run() async throws {
        if readsLines { return try await EnqueueLines(command: self).run() }
        let keys = try payload.neededKeys()
        let limit = SluiceClient.Options().payloadLimit
        let request = try request(arguments: try InputText.json(args ?? "{}", limit: limit), keys)
        try await global.withClient(keys: keys, backPressure: backPressure) { client in
            await client.store.warnOfEviction()
            let enqueued = try await client.enqueue(request)
            if global.json {
                try Terminal.output.json([
                    "queue": .string(queue.text), "id": .string(enqueued.id.text), "added": .bool(enqueued.isNew),
                ])
            } else {
                if !enqueued.isNew { Terminal.complain("note: '\(enqueued.id)' was there already, nothing was added") }
                try Terminal.output.line(enqueued.id.text)
            }
        }
    }
}
