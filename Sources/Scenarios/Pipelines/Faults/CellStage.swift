import Foundation
import Hiredis
import Logging
import ScenarioSupport
import Sluice
import SluiceInspector
import SluiceLua
import SluiceStore
import SluiceTesting

/// What the script of a cell plays on: a Redis, the worker processes, and everything that is recorded of them.
final class CellStage {
    let cell: Cell
    let scale: Scale
    let plan: Plan
    let server: RedisTestServer
    let client: SluiceClient
    let inspector: Inspector
    let recorder = Recorder()
    var crew: Crew
    var log: LogReader
    var events: CellEvents
    private var following: Task<Void, any Error>?

    static let queues: [QueueName] = ["work", "serial"]

    init(_ cell: Cell, _ scale: Scale, _ plan: Plan, on server: RedisTestServer, asOriginal: Bool) async throws {
        self.cell = cell
        self.scale = scale
        self.plan = plan
        self.server = server
        let path = server.directory + "/runs.log"
        crew = Crew(cell, scale, url: server.url, log: path, goesByOwnCount: asOriginal)
        log = try LogReader(path: path)
        events = CellEvents(concurrency: cell.limits.hasConcurrency ? scale.global : nil)
        try await Self.load(FunctionLibrary.revision - 1, into: server)
        let logger = Logger.forFaults("pipelines")
        client = try await SluiceClient(.url(server.url), logger: logger)
        inspector = try Inspector(url: server.url, logger: logger)
    }

    /// Puts a library of this program's text under another revision into Redis, as an older or a newer program would.
    static func load(_ revision: Int, into server: RedisTestServer) async throws {
        let admin = RedisClient(try RedisConfiguration(url: server.url))
        _ = try await admin.send(["FUNCTION", "LOAD", "REPLACE", FunctionLibrary.text(revision: revision)])
        await admin.close()
    }

    /// Starts the workers, and then follows what Redis tells.
    func open() async throws {
        for number in 1...scale.workers { try await crew.hire("host-\(number)") }
        try await until("all workers came") { [inspector, scale] in
            var isThere = true
            for queue in Self.queues where isThere { isThere = try await inspector.workers(of: queue).count == scale.workers }
            return isThere
        }
        let transitions = try await inspector.transitions()
        following = Task { [recorder] in try await recorder.follow(transitions) }
    }

    func close() async {
        following?.cancel()
        await crew.end()
        await client.close()
        await inspector.close()
    }

    /// Waits until something is so.
    /// - Throws: `Stalled` if nothing happens though something could.
    func until(_ what: String, within limit: Duration = .seconds(900), _ condition: () async throws -> Bool) async throws {
        try await Waiting.until(what, every: .milliseconds(5), within: limit) {
            if try await condition() { return true }
            let silence = await ContinuousClock.now - recorder.lastChange
            if await recorder.hasWork, silence > Scale.silence { throw Stalled() }
            if silence > .seconds(60) { throw Unusable("nothing moved, and waited in vain until \(what)") }
            return false
        }
    }

    /// Waits until everything has ended, up to a portion.
    func drain(through portion: Int) async throws {
        let count = plan.queued(through: portion).count
        try await until("portion \(portion) had ended") { [recorder] in await recorder.ended >= count }
    }

    /// Enqueues a portion, the victim of its fault last: that runs at once, since its lane is its own, and is looked for then.
    func enqueue(_ portion: Int) async throws {
        let victims = [Plan.victims.killed, Plan.victims.frozen]
        let requests = plan.requests(in: portion)
        try await client.enqueue(requests.filter { !victims.contains($0.id?.text ?? "") })
        for flow in plan.flows where flow.portion == portion { try await client.enqueue(flow.workflow()) }
        try await client.enqueue(requests.filter { victims.contains($0.id?.text ?? "") })
        say("portion \(portion + 1) of \(Plan.portions) is in")
    }

    /// Looks for what must not be, while all goes on.
    func audit() async throws {
        events.audits += 1
        for queue in Self.queues {
            let report = try await patiently { [inspector] in try await inspector.audit(queue) }
            events.violations += report.violations.map { "\($0.queue): \($0.invariant) \($0.what)" }
        }
    }

    /// Repeats what fails for the time that Redis is away.
    func patiently<Value>(_ body: () async throws -> Value) async throws -> Value {
        let end = ContinuousClock.now + .seconds(10)
        while true {
            do {
                return try await body()
            } catch let error as SluiceError where error.isTransient && ContinuousClock.now < end {
                try await Task.sleep(for: .milliseconds(10))
            }
        }
    }

    func say(_ text: String) { Console.progress("\(cell): \(text)") }
}
