import ArgumentParser
import Foundation
import Sluice
import SluiceCore
import SluiceInspector
import SluiceToolSupport

struct CronAddCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Add an entry to the crontab of a queue, or change the one of that name.",
        discussion: """
            EXPRESSION has five fields, minute, hour, day of the month, month, day of the week, or is @hourly, @daily, @weekly, \
            @monthly, @yearly, or @every 90s. Try it with `sluice cron next`. For example:
              sluice cron add digest '0 7 * * MON-FRI' --queue mail --tz Europe/Berlin --kind digest --overlap skip

            With --encrypt, its arguments are encrypted here, before they reach Redis, for all ticks to come: the key has to stay in \
            the file of workers for as long as the entry does, or until it is added again with a newer one.

            A pause stays, and so does the count of runs. What the code of workers declares is changed there, not here.
            """)

    @OptionGroup var global: GlobalOptions

    @Argument(help: "The name of the entry: 1 to 64 letters, digits, dots, dashes or underscores.")
    var name: String

    @Argument(help: "The schedule, such as '0 7 * * MON-FRI'.")
    var expression: String

    @Option(help: "The queue of its jobs.", completion: QueueNames.completion, transform: { try QueueName($0) })
    var queue: QueueName

    @Option(help: ArgumentHelp("Its time zone, such as Europe/Berlin.", valueName: "zone"))
    var tz = "UTC"

    @Option(help: ArgumentHelp("Which missed ticks are made up for: none, latest, all or all=N.", valueName: "how"))
    var catchUp = "latest"

    @Option(
        help: ArgumentHelp("When the job of the tick before has not ended: allow, skip or queue-one.", valueName: "how"),
        transform: { try Self.overlap($0) })
    var overlap = Overlap.allow

    @Option(
        help: ArgumentHelp("The longest random delay of a job after its tick, such as 30s.", valueName: "duration"),
        transform: { try DurationText.parse($0) })
    var jitter: Duration = .zero

    @Option(
        help: ArgumentHelp("The earliest tick, as --at of enqueue.", valueName: "time"), transform: { try TimeText.parse($0) })
    var start: Int?

    @Option(help: ArgumentHelp("The latest tick.", valueName: "time"), transform: { try TimeText.parse($0) })
    var end: Int?

    @Option(help: ArgumentHelp("The number of jobs after which the entry is finished.", valueName: "n"))
    var limit: Int?

    @OptionGroup var job: CronJobOptions

    func validate() throws {
        if let end = end.map(Date.init(milliseconds:)), end < Date() {
            throw ValidationError(
                "--end \(end.rfc3339) is in the past: the entry would have no tick. Name a later time, or leave it out")
        }
    }

    func run() async throws {
        let cron = Cron(
            name, schedule: expression, zone: tz, request: try job.request(queue), catchUp: try CatchUp(parsing: catchUp),
            overlap: overlap,
            jitter: jitter, start: start.map(Date.init(milliseconds:)), end: end.map(Date.init(milliseconds:)), limit: limit)
        var options = SluiceClient.Options()
        options.keys = try job.payload.neededKeys()
        options.payloadLimit = job.payload.size.limit
        _ = try cron.entry(in: queue, options.payload)
        try await global.withClient(keys: options.keys, payloadLimit: options.payloadLimit) { client in
            let crontab = client.crontab(of: queue)
            let inspector = global.inspector(client.store)
            let change = try await inspector.record(.cronAdd, on: "\(name) '\(expression)' --tz \(tz)", in: queue) {
                (tally) async throws(SluiceError) in
                let change = try await crontab.add(cron)
                tally.count(change != .unchanged)
                return change
            }
            let status = try await inspector.cron(of: queue).first { $0.name == name }
            if global.json {
                try Terminal.output.json([
                    "name": .string(name), "queue": .string(queue.text), "result": .string(change.rawValue),
                    "next": JSONValue(time: status?.next),
                ])
            } else {
                let next = status.map(CronText.next) ?? ""
                try Terminal.output.line("\(name) \(Self.sentence(change, in: queue)). \(try CronText.fires(expression))\(next)")
            }
        }
    }

    private static func overlap(_ text: String) throws -> Overlap {
        guard let overlap = Overlap(rawValue: text) else {
            throw ValidationError("'\(text.prefix(40))' is no way to overlap: write allow, skip or queue-one")
        }
        return overlap
    }

    private static func sentence(_ change: Crontab.Change, in queue: QueueName) -> String {
        switch change {
        case .added: "was added to \(queue)"
        case .changed: "was changed in \(queue)"
        case .unchanged: "is in \(queue) already, unchanged"
        }
    }
}

/// The job that an entry enqueues.
struct CronJobOptions: ParsableArguments {
    @Option(help: "The kind of the job, which chooses its handler; workers with --exec take any.")
    var kind = "exec"

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The arguments of the job, any JSON; @FILE reads a file, - standard input.", valueName: "json"))
    var args = "{}"

    @Option(help: ArgumentHelp("The priority, 0 (first) to 9 (last).", valueName: "n"))
    var priority = 5

    @Option(
        help: ArgumentHelp("A partition of the job, such as account=42; may be repeated.", valueName: "name=value"),
        transform: { try PartitionText.parse($0) })
    var partition: [PartitionText] = []

    @Option(
        help: ArgumentHelp(
            "A dependency; with ? after the name, the job also runs without it. May be repeated.", valueName: "name[?]")
    )
    var needs: [String] = []

    @Option(help: ArgumentHelp("Jobs of one chain run one after another.", valueName: "key"))
    var chain: String?

    @Flag(help: "If the job is discarded, the next job of its chain waits for an operator.")
    var holdOnDiscard = false

    @Option(help: ArgumentHelp("The failed attempts after which the job is discarded.", valueName: "n"))
    var maxAttempts: Int?

    @Option(help: ArgumentHelp("How often the job may wait for a missing dependency before it is discarded.", valueName: "n"))
    var maxWaits: Int?

    @Option(
        help: ArgumentHelp("How long a run may take, such as 30s.", valueName: "duration"),
        transform: { try DurationText.parse($0) })
    var timeout: Duration?

    @OptionGroup var payload: PayloadOptions

    func validate() throws {
        if let maxAttempts, maxAttempts < 1 { throw ValidationError("--max-attempts takes 1 or more") }
        if let maxWaits, maxWaits < 1 { throw ValidationError("--max-waits takes 1 or more") }
        if timeout == .zero { throw ValidationError("--timeout must be above 0") }
        if holdOnDiscard, chain == nil { throw ValidationError("--hold-on-discard is for jobs of a --chain") }
        if let name = PartitionText.repeated(partition) {
            throw ValidationError("--partition names '\(name)' twice; a job has one value for each name")
        }
    }

    func request(_ queue: QueueName) throws(SluiceError) -> JobRequest {
        let arguments = try InputText.json(args, limit: payload.size.limit)
        var request = try JobRequest(kind: kind, queue: queue, arguments: arguments)
        request.priority = priority
        request.maxAttempts = maxAttempts
        request.maxWaits = maxWaits
        request.timeout = timeout
        request.partitions = Partitions(Dictionary(partition.map { ($0.name, $0.value) }) { $1 })
        request.needs = needs.map(Dependency.init(text:))
        for need in request.needs { try DimensionName.check(need.name) }
        request.chain = chain.map { Chain($0, onDiscarded: holdOnDiscard ? .hold : .continue) }
        payload.apply(to: &request)
        return request
    }
}
