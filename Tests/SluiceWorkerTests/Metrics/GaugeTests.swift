import CoreMetrics
import NIOCore
import Sluice
import SluiceCore
import SluiceStore
import SluiceTesting
import Synchronization
import TestSupport
import Testing

@testable import SluiceWorker

/// What a worker tells swift-metrics of the whole queue.
@Suite(.timeLimit(.minutes(10)))
struct GaugeTests {
    private let backend = GaugeBackend()

    @Test func depthAndAgesAreShownByState() async throws {
        let fixture = try await Fixture()
        var options = WorkerOptions(lease: .seconds(7200), grace: .zero, cancellationGrace: .seconds(300), maxThreads: 8)
        options.metrics = backend
        let queue = Queue("work", concurrency: 4, limits: [.concurrency(1)])
        let worker = Worker(fixture.client, queues: [queue], options: options)
        let (started, gate) = (Occurrences(), Occurrences())
        worker.handle(Numbered.self) { (job, _) -> Int in
            started.add()
            await gate.wait()
            return job.number
        }
        try await fixture.running(worker) {
            for number in 0..<3 { _ = try await fixture.enqueue(number) }
            _ = try await fixture.enqueue(3) { $0.due = .after(.seconds(1000)) }
            await started.wait()
            try await fixture.queues.advance(by: .seconds(6))
            #expect(await shows(fixture, [.executing: 1, .available: 2, .scheduled: 1], [.executing: 6, .available: 6]))
            gate.add()
            #expect(await fixture.count(.completed, is: 3))
            try await fixture.queues.advance(by: .seconds(6))
            #expect(await shows(fixture, [.completed: 3, .scheduled: 1], [:]))
        }
        // Whoever has stopped shows nothing.
        #expect(backend.values.isEmpty)
    }

    /// Waits until the gauges are these, and the others zero.
    private func shows(_ fixture: Fixture, _ jobs: [JobState: Double], _ oldest: [JobState: Double]) async -> Bool {
        var expected: [String: Double] = [:]
        for state in JobState.allCases {
            expected["sluice_queue_jobs work \(state.rawValue)"] = jobs[state] ?? 0
            if !state.isEnded { expected["sluice_queue_oldest_seconds work \(state.rawValue)"] = oldest[state] ?? 0 }
        }
        return await fixture.queues.eventually(in: fixture.queue) { backend.values == expected }
    }

    @Test func whatIsNotToldAnyMoreIsTakenDown() {
        var board = GaugeBoard(queue: "work", factory: backend)
        let start = NIODeadline.now()
        let told = QueueGauges(jobs: [.available: 5, .executing: 501], oldest: [.available: .milliseconds(1500)])
        board.update(told, at: start)
        let shown = [
            "sluice_queue_jobs work available": 5, "sluice_queue_jobs work executing": 501,
            "sluice_queue_oldest_seconds work available": 1.5,
        ]
        #expect(backend.values == shown)
        board.update(nil, at: start + .seconds(30))
        #expect(backend.values == shown)
        board.update(nil, at: start + .seconds(31))
        #expect(backend.values.isEmpty)
        board.update(told, at: start + .seconds(32))
        #expect(backend.values == shown)
        board.update(QueueGauges(jobs: [.available: 0], oldest: [:]), at: start + .seconds(33))
        #expect(backend.values == ["sluice_queue_jobs work available": 0])
    }
}

/// A backend of swift-metrics that keeps the last value of each gauge.
private final class GaugeBackend: MetricsFactory {
    private final class Handler: RecorderHandler {
        let name: String
        let store: @Sendable (Double) -> Void

        init(_ name: String, _ store: @escaping @Sendable (Double) -> Void) {
            self.name = name
            self.store = store
        }

        func record(_ value: Int64) { store(Double(value)) }
        func record(_ value: Double) { store(value) }
    }

    private let shown = Mutex<[String: Double]>([:])

    /// Of the whole queue, without those of the worker.
    var values: [String: Double] { shown.withLock { $0.filter { $0.key.hasPrefix("sluice_queue_") } } }

    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        let name = ([label] + dimensions.map(\.1)).joined(separator: " ")
        return Handler(name) { [weak self] value in self?.shown.withLock { $0[name] = value } }
    }

    func destroyRecorder(_ handler: any RecorderHandler) {
        guard let handler = handler as? Handler else { return }
        shown.withLock { $0[handler.name] = nil }
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler { NOOPMetricsHandler.instance }
    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler { NOOPMetricsHandler.instance }
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}
}
