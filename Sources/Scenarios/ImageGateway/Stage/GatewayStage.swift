import ScenarioSupport
import Sluice
import SluiceInspector
import SluiceTesting

/// What the script plays on: Redis, the upstream, the bank, the gateway, its client and its worker processes.
final class GatewayStage {
    let scale: Scale
    let asOriginal: Bool
    let upstream: Upstream
    let bank: Bank
    let gateway: Gateway
    let client: Client
    let crew: StandingCrew
    let ends: EndCounter
    let rows: OriginalRows
    var log: LogReader
    var evidence: Evidence
    /// When each order was accepted.
    var accepted: [Order: Int] = [:]
    /// Workers that have died so far by order, or are about to.
    private var expectedDeaths = 0
    private let news: HTTPServer
    private var counting: Task<Void, Never>?

    init(_ scale: Scale, asOriginal: Bool, on server: RedisTestServer) async throws {
        self.scale = scale
        self.asOriginal = asOriginal
        let path = server.directory + "/runs.log"
        log = try LogReader(path: path)
        upstream = try await Upstream(scale)
        bank = try await Bank()
        gateway = try await Gateway(scale, url: server.url)
        rows = OriginalRows(store: gateway.client.store)
        news = try await HTTPServer { [gateway] request in await gateway.hear(request.body) }
        let original = OriginalGateway(scale: scale, rows: rows, upstream: UpstreamClient(upstream.url))
        client = try Client(asOriginal ? original : gateway)
        ends = EndCounter()
        crew = StandingCrew(
            [
                "--url", server.url, "--log", path, "--upstream", upstream.url, "--news", news.url + "/news", "--bank", bank.url,
            ] + (asOriginal ? ["--original"] : []))
        evidence = Evidence(scale: scale, asOriginal: asOriginal)
    }

    func open() async throws {
        try await client.open()
        for number in 1...scale.workers { try await crew.hire("host-\(number)") }
        if asOriginal { return }
        try await until("all workers came") { [gateway, scale] in
            try await gateway.inspector.workers(of: Gateway.queue).count == scale.workers
        }
        let transitions = try await gateway.inspector.transitions(of: Gateway.queue)
        counting = Task { [ends] in await ends.count(transitions) }
    }

    func close() async {
        counting?.cancel()
        await counting?.value
        await crew.end()
        await client.close()
        await upstream.close()
        await news.close()
        await bank.close()
        await gateway.close()
    }

    /// Waits until something is so.
    func until(_ what: String, every pause: Duration = .milliseconds(20), _ condition: () async throws -> Bool) async throws {
        try await Waiting.until(what, every: pause, condition)
    }

    /// How many orders are under way, but for those that wait for accounts in trouble.
    func isRoom() async throws -> Bool {
        if asOriginal { return true }
        let states = try await gateway.inspector.status(of: Gateway.queue).states
        let live = states.filter { !$0.key.isEnded && $0.key != .suspended }.values.reduce(0, +)
        return live < scale.window + accepted.keys.count { $0.account(scale).isInTrouble }
    }

    /// Called before something that ends workers. It waits until no job is left that one more death would discard: the slower the
    /// machine, the longer jobs live and the more deaths they meet.
    func expectDeaths(_ count: Int) async throws {
        if asOriginal || count == 0 { return }
        try await until("jobs of dead workers had recovered", every: .milliseconds(50)) { try await hasRecovered() }
        expectedDeaths += count
    }

    private func hasRecovered() async throws -> Bool {
        let dead = await crew.dead
        guard dead.count >= expectedDeaths else { return false }
        let known = try await gateway.inspector.workers(of: Gateway.queue)
        if known.contains(where: { dead[$0.worker.process] != nil }) { return false }
        for (id, count) in try await gateway.crashes() where count >= Scale.crashes - 1 {
            let job = try await gateway.inspector.job(id, in: Gateway.queue)
            if let job, !job.state.isEnded { return false }
        }
        return true
    }

    func audit() async throws {
        if asOriginal { return }
        for queue in [Gateway.queue, Notify.queue] {
            evidence.audits += 1
            let found = try await gateway.inspector.audit(queue).violations
            evidence.violations += found.map { "\(queue): \($0.invariant) \($0.what)" }
        }
    }

    func say(_ text: String) { Console.progress("image-gateway: \(text)") }
}

extension WorkerID {
    /// The process that its text tells: host, process and a random part, joined by dots.
    fileprivate var process: Int32 { text.split(separator: ".").dropLast().last.flatMap { Int32($0) } ?? 0 }
}
