import Foundation
import SluiceCore
import SluiceInspector
import SluiceTesting
import Subprocess
import TestSupport
import Testing

/// An autoscaler that does what `/scale` of a `sluice-server` says, with real worker processes, under a load that rises and falls.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct ScaleTests {
    @Test func workersComeAndGoByWhatTheServerSays() async throws {
        let scaler = try await Scaler()
        // From nothing: one worker is enough for these.
        try await scaler.enqueue(3)
        try await scaler.adapt { scaler.workers.count == 1 }
        try await scaler.adapt { try await scaler.left() == 0 }
        #expect(scaler.largest == 1)

        // The load rises until it takes all that may be there.
        try await scaler.adapt(enqueueing: 60) { scaler.workers.count == Scaler.most }
        // An operator takes half of them away while there is much to do: each is in the middle of something.
        scaler.allowed = 2
        try await scaler.adapt(enqueueing: 120) { scaler.workers.count == 2 }
        #expect(scaler.busyStops >= 2)
        scaler.allowed = Scaler.most
        try await scaler.adapt(enqueueing: 60) { scaler.workers.count == Scaler.most }

        // The load falls: the backlog goes, then the workers, while a few jobs still come in.
        try await scaler.adapt { try await scaler.left() <= Scaler.places }
        try await scaler.adapt(enqueueing: 2) { scaler.workers.count <= 1 }
        try await scaler.adapt { scaler.workers.isEmpty }
        try await scaler.adapt {
            let answer = try await scaler.ask()
            return answer.waiting == 0 && answer.executing == 0 && answer.workers == 0 && answer.oldestSeconds == 0
        }

        // And from nothing again.
        try await scaler.enqueue(6)
        try await scaler.adapt { try await scaler.left() == 0 }
        try await scaler.adapt { scaler.workers.isEmpty }
        try await scaler.expectNothingBroken()
    }
}

/// Starts and stops worker processes by what a `sluice-server` says.
private final class Scaler {
    /// Jobs that one worker runs at a time.
    static let places = 4
    /// The most workers.
    static let most = 4

    /// The answer of `/scale`.
    struct Answer: Decodable {
        var waiting: Int
        var executing: Int
        var oldestSeconds: Double
        var workers: Int
        var wantedWorkers: Int
    }

    /// The most workers for now.
    var allowed = Scaler.most
    private(set) var workers: [WorkerProcess] = []
    /// The most workers so far.
    private(set) var largest = 0
    /// Workers that were stopped in the middle of something.
    private(set) var busyStops = 0
    private var total = 0
    private let load: Load
    private let server: ChildProcess

    init() async throws {
        load = try await Load()
        server = try await ChildProcess(
            "sluice-server",
            ["--redis", load.server.url, "--namespace", load.queues.namespace.text, "--listen", "127.0.0.1:0"]
        ) { line in
            line.firstMatch(of: /serving +url=(http:\/\/[^\/\s]+)/).map { String($0.output.1) }
        }
    }

    /// The jobs' ids have their places in the order: `0-17`.
    func enqueue(_ count: Int) async throws {
        try await load.enqueue(count, accounts: 1, from: total)
        total += count
    }

    /// Jobs that have not ended.
    func left() async throws -> Int { try await total - load.total("completed") }

    /// What the server says now; its answer may be two seconds old.
    func ask() async throws -> Answer {
        let script = """
            import sys, urllib.request
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            print(opener.open(sys.argv[1], timeout=60).read().decode())
            """
        let result = try await Subprocess.run(
            .name("python3"), arguments: ["-c", script, "\(server.words)/scale?queue=load&places=\(Self.places)"],
            output: .string(limit: 1 << 16), error: .string(limit: 1 << 16))
        try #require(result.terminationStatus.isSuccess, "\(result.standardError)")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Answer.self, from: Data(result.standardOutput.utf8))
    }

    /// Asks again and again, and starts as many workers as are wanted or stops one, until something is so. Each time, jobs are
    /// enqueued before.
    func adapt(
        enqueueing count: Int = 0, sourceLocation: SourceLocation = #_sourceLocation, until isSo: () async throws -> Bool
    ) async throws {
        for _ in 0..<300 {
            if try await isSo() { return }
            if count > 0 { try await enqueue(count) }
            let wanted = min(try await ask().wantedWorkers, allowed)
            while workers.count < wanted {
                workers.append(try await load.worker(concurrency: Self.places, milliseconds: 300, lease: 10_000))
            }
            largest = max(largest, workers.count)
            if workers.count > wanted { try await stopOne() }
            // As long as the server's answer may last.
            _ = await load.queues.eventually(in: load.queue, within: .seconds(2), isSo)
        }
        let rest = try await left()
        Issue.record("\(workers.count) workers, \(rest) jobs left", sourceLocation: sourceLocation)
    }

    /// Stops the worker that is there longest, in the middle of something if there is something to do.
    private func stopOne() async throws {
        let victim = workers.removeFirst()
        _ = await load.queues.eventually(in: load.queue) {
            let waiting = try await load.inspector.status(of: load.queue).available
            return try await load.held(by: victim) > 0 || waiting == 0
        }
        if try await load.held(by: victim) > 0 { busyStops += 1 }
        #expect(await victim.stop())
    }

    func expectNothingBroken() async throws {
        try await load.expectAllDone(total)
        #expect(largest == Self.most)
        #expect(load.startedTwice() == [])
        #expect(try await load.total("reclaimed") == 0)
        // A job's age in terms of what went on: how many that came after it started before it.
        let order = load.log.entries().filter { !$0.isEnd }.compactMap { $0.id.split(separator: "-").last.flatMap { Int($0) } }
        #expect(order.count == total)
        #expect(Self.mostOvertakes(order) <= total / 4)
    }

    /// The most numbers that stand before a smaller one.
    private static func mostOvertakes(_ numbers: [Int]) -> Int {
        numbers.indices.map { place in numbers[..<place].count { $0 > numbers[place] } }.max() ?? 0
    }
}
