import Hiredis
import Logging
import ScenarioSupport
import Sluice
import SluiceInspector
import SluiceStore
import SluiceTesting

/// What the script plays on: Redis, the API, the worker processes, and what is recorded of them.
final class CrawlStage {
    let scale: Scale
    let asOriginal: Bool
    let seed: UInt64
    let client: SluiceClient
    let inspector: Inspector
    let api: FakeAPI
    let crew: StandingCrew
    let sampler: Sampler
    let marks: RunLog
    var log: LogReader
    var evidence: Evidence
    private let zipf: Zipf
    private var scanned = 0
    private var sampling: Task<Void, Never>?

    static let queue = QueueName(stringLiteral: Scale.queue)

    init(_ scale: Scale, asOriginal: Bool, seed: UInt64, on server: RedisTestServer) async throws {
        self.scale = scale
        self.asOriginal = asOriginal
        self.seed = seed
        let path = server.directory + "/runs.log"
        log = try LogReader(path: path)
        marks = try RunLog(path: path)
        api = FakeAPI(scale, path: server.directory + "/api", seed: seed)
        crew = StandingCrew(
            ["--url", server.url, "--log", path, "--api", api.path, "--scale", scale.name] + (asOriginal ? ["--original"] : []))
        evidence = Evidence(scale: scale, asOriginal: asOriginal)
        zipf = Zipf(scale.items)
        let logger = Logger.forFaults("crawler")
        client = try await SluiceClient(.url(server.url), logger: logger)
        inspector = try Inspector(url: server.url, logger: logger)
        sampler = Sampler(inspector)
    }

    func open() async throws {
        try await api.open()
        let workers = asOriginal ? 1 : scale.workers
        for number in 1...workers { try await crew.hire("host-\(number)") }
        try await until("all workers came") { [inspector] in try await inspector.workers(of: Self.queue).count == workers }
        sampling = Task { [sampler] in await sampler.run() }
    }

    func close() async {
        sampling?.cancel()
        await sampling?.value
        await crew.end()
        await api.close()
        await client.close()
        await inspector.close()
    }

    /// Waits until something is so.
    /// - Throws: `Stalled` if a job comes back again and again because its outcome cannot be stored.
    func until(_ what: String, every pause: Duration = .milliseconds(20), _ condition: () async throws -> Bool) async throws {
        try await Waiting.until(what, every: pause) {
            let isSo = try await condition()
            if !isSo { try look() }
            return isSo
        }
    }

    /// Takes in what the workers wrote.
    func look() throws {
        try log.read()
        for line in log.lines[scanned...] where line.verb == .unstored { evidence.unstored[line.id, default: 0] += 1 }
        scanned = log.lines.count
        if evidence.unstored.values.contains(where: { $0 >= Scale.hopeless }) { throw Stalled() }
    }

    /// Sends a portion, when what waits without needs is below the mark.
    func announce(_ portion: Int) async throws {
        let announcements = Announcements(portion, scale, zipf: zipf, seed: seed, asOriginal: asOriginal)
        evidence.announced.append((announcements.numbers.lowerBound, RunLine.now()))
        let started = ContinuousClock.now
        let result = try await client.enqueue(announcements)
        evidence.announcing += ContinuousClock.now - started
        evidence.announcements += result.added + result.existing
        let key = inspector.store.keys.base(Self.queue) + ":wait:"
        try await until("the backlog was small") { [inspector, scale] in
            (try await inspector.store.send(["ZCARD", key], key: key).root.integer ?? 0) <= scale.backlog
        }
        say("portion \(portion + 1) of \(Scale.portions) is in")
    }

    /// Jobs that have not ended, but for those that only the operator is to touch.
    func live(_ kinds: [String] = [Classify.kind, Lookup.kind]) async throws -> [JobSummary] {
        var found: [JobSummary] = []
        var cursor: String?
        let states = JobState.allCases.filter { !$0.isEnded }
        repeat {
            let page = try await inspector.jobs(
                matching: JobFilter(queues: [Self.queue], states: states), limit: 1000, after: cursor)
            found += page.jobs.filter { kinds.contains($0.kind) }
            cursor = page.next
        } while cursor != nil
        return found
    }

    /// Waits until nothing lives that needs nothing, but for the job that kills its workers. Returns what else lives.
    func untilOthersEnded() async throws -> [JobSummary] {
        let killer = Item.id(Item.killer.number, Trials.first)
        var left: [JobSummary] = []
        try await until("what needs nothing had ended", every: .milliseconds(100)) {
            left = try await live()
            return left.allSatisfy { $0.kind == Lookup.kind || $0.id.text == killer }
        }
        return left.filter { $0.kind == Lookup.kind }
    }

    /// Looks for what must not be, while all goes on.
    func audit() async throws {
        evidence.audits += 1
        evidence.violations += try await inspector.audit(Self.queue).violations.map { "\($0.invariant) \($0.what)" }
        // One after the other: what moves between two pages may be seen twice, by the same id.
        let ids = Set(try await live().map(\.id.text))
        let owners = Dictionary(grouping: ids) { $0.prefix { $0 != "." } }
        for (fingerprint, jobs) in owners where jobs.count > 1 {
            // A job may have ended, and its successor come, between two pages: it counts if both are there still.
            var states: [JobState] = []
            for job in jobs {
                if let details = try await inspector.job(JobID(known: job), in: Self.queue), !details.state.isEnded {
                    states.append(details.state)
                }
            }
            if states.count > 1 { evidence.doubles.append("\(fingerprint): \(states.map(\.rawValue).joined(separator: ", "))") }
        }
    }

    func say(_ text: String) { Console.progress("crawler: \(text)") }
}
