import CoreMetrics
import Foundation
public import Logging
import NIOCore
public import ServiceLifecycle
public import Sluice
public import SluiceCore
import SluiceStore
import Synchronization

/// The runtime of a worker process: claims jobs from queues and runs their handlers.
///
/// Any number of workers on any number of hosts share the queues. A worker keeps no state that matters: when it dies, its jobs
/// run elsewhere. On a graceful shutdown it claims nothing more, lets runs end within its grace, and gives the remaining jobs
/// back unharmed.
///
/// ```swift
/// let worker = Worker(sluice, queues: [Queue("images", concurrency: 20)])
/// worker.handle(Resize.self) { job, context in try await thumbnail(of: job.url) }
/// try await ServiceGroup(services: [sluice, worker], gracefulShutdownSignals: [.sigterm], logger: logger).run()
/// ```
public final class Worker: Service, Sendable {
    /// The id of this worker, new at every start.
    public let id: WorkerID

    let client: SluiceClient
    package let queues: [Queue]
    private let options: WorkerOptions
    private let middleware: [any JobMiddleware]
    let logger: Logger
    private let registry = Mutex(Registry())
    let serving = Mutex(Serving.no)

    /// Whether `run` serves the queues.
    enum Serving {
        case no
        case queues([QueueRunner])
        case over
    }

    private struct Registry {
        /// By kind. A handler is made for each queue, since chunks do not mix queues.
        var handlers: [String: @Sendable () -> Handler] = [:]
        /// The default queue of each kind, if the kind names one.
        var homes: [String: QueueName] = [:]
        var chunks: [String: ChunkRules] = [:]
        var fallback: Handler?
        /// By queue, the partition whose values must not hold each other up.
        var isolation: [QueueName: String] = [:]
        var observers: [ProcessedStream.Observer] = []
    }

    /// Makes a worker for some queues. Register its handlers before it runs. Every worker of a queue should handle all its kinds.
    public init(
        _ client: SluiceClient, queues: [Queue], options: WorkerOptions = WorkerOptions(),
        logger: Logger = Logger(label: "sluice.worker"),
        @JobMiddlewareBuilder middleware: () -> [any JobMiddleware] = { [] }
    ) {
        let process = ProcessInfo.processInfo
        self.id = WorkerID(host: options.host ?? process.hostName, process: process.processIdentifier)
        self.client = client
        self.queues = queues
        self.options = options
        self.middleware = middleware()
        self.logger = logger
    }

    var lease: Duration { options.lease }

    func register(_ kind: String, of home: QueueName? = nil, _ handler: Handler) {
        registry.withLock { registry in
            registry.handlers[kind] = { handler }
            registry.homes[kind] = home
            registry.chunks[kind] = nil
        }
    }

    func register(_ rules: ChunkRules, _ handler: @escaping @Sendable () -> Handler) {
        registry.withLock { registry in
            registry.handlers[rules.kind] = handler
            registry.homes[rules.kind] = rules.queue
            registry.chunks[rules.kind] = rules
        }
    }

    /// Gives each value of a partition a share of a queue's places, unless the queue declares a concurrency limit for it.
    package func isolate(_ queue: QueueName, by partition: String) {
        registry.withLock { $0.isolation[queue] = partition }
    }

    func register(fallback: Handler) { registry.withLock { $0.fallback = fallback } }

    func register(_ observer: @escaping ProcessedStream.Observer) { registry.withLock { $0.observers.append(observer) } }

    /// Serves the queues until the service group shuts down, the task is cancelled, or the worker ends by itself, as the options
    /// say. A shutdown waits for runs, within the grace; a cancellation does not.
    /// - Throws: `invalidArgument` without queues, with a name that is not valid or used twice, and with limits, cron entries or
    ///   chunks that are not valid; errors of Redis that are not transient; at the start also transient ones: of a server at once,
    ///   of a cluster once the client's patience with a node of its queues is over.
    public func run() async throws {
        try checkQueues()
        let registry = registry.withLock { $0 }
        let queues = queues.map { queue in registry.isolation[queue.name].map(queue.isolated) ?? queue }
        var declarations: [Declaration] = []
        for queue in queues { declarations.append(try Declaration(queue)) }
        for rules in registry.chunks.values { try rules.check(queues) }
        warnOfHomes(registry)
        let executor = HandlerExecutor(mostThreads: options.maxThreads, logger: logger)
        let watch = executor.watch(on: client.store.eventLoop)
        defer {
            watch.cancel()
            executor.stop()
        }
        let off = try await patiently { () async throws(SluiceError) in try await client.store.dependenciesOff() }
        for (index, queue) in queues.enumerated() {
            try await patiently { () async throws(SluiceError) in
                try await declare(queue)
                try await declare(&declarations[index], of: queue, off: off)
                try await declareCron(of: queue)
            }
        }
        let observer = registry.observers.isEmpty ? nil : ProcessedStream()
        let idleQueues = IdleQueues(client.store.eventLoop)
        let beside = Beside(
            cycleRelay: CycleRelay(Relay(client.store, logger: logger, claims: idleQueues.claim)),
            cron: CronFirer(client.store, logger: logger), executor: EventLoopExecutor(client.store.eventLoop),
            ownEnd: OwnEnd(options, queues.map(\.name), logger: logger), observer: observer)
        defer { beside.ownEnd?.detach() }
        let runners = zip(queues, declarations).map { runner(of: $0, $1, registry, executor, idleQueues, beside) }
        beside.ownEnd?.attach(runners)
        let loop = WakeLoop(
            client.store.listener(), idleQueues: idleQueues, worker: id, span: options.blockingSpan, runners: runners,
            on: client.store.eventLoop, logger: logger)
        logger.info(
            "worker started", metadata: ["worker": "\(id)", "queues": "\(queues.map(\.name.text).joined(separator: ", "))"])
        serving.withLock { $0 = .queues(runners) }
        defer { serving.withLock { $0 = .over } }
        try await serve(runners, loop, beside, registry.observers)
        logger.info("worker stopped", metadata: ["worker": "\(id)"])
    }

    /// Warns of kinds that are handled here although their default queue is not served: unless another worker serves it, their
    /// jobs wait without end.
    private func warnOfHomes(_ registry: Registry) {
        let served = Set(queues.map(\.name))
        for (kind, home) in registry.homes.sorted(by: { $0.key < $1.key }) where !served.contains(home) {
            logger.warning(
                "this worker handles a kind and does not serve its queue: jobs that are enqueued there do not run here",
                metadata: ["kind": "\(kind)", "queue": "\(home)"])
        }
    }

    /// The services beside the queue runners, one set for all of them.
    private struct Beside {
        var cycleRelay: CycleRelay
        var cron: CronFirer
        /// For the tasks that come between a job and its handler.
        var executor: EventLoopExecutor
        /// Nil unless the worker ends by itself.
        var ownEnd: OwnEnd?
        var observer: ProcessedStream?
    }

    private func checkQueues() throws(SluiceError) {
        if queues.isEmpty { throw SluiceError(.invalidArgument, "a worker needs a queue") }
        for queue in queues {
            _ = try queue.name.validated()
            for cron in queue.cron { _ = try cron.entry(in: queue.name, client.options.payload) }
            if Set(queue.cron.map(\.name)).count < queue.cron.count {
                throw SluiceError(.invalidArgument, "queue \(queue.name) declares two cron entries of one name")
            }
        }
        if Set(queues.map(\.name)).count < queues.count {
            throw SluiceError(
                .invalidArgument, "a worker serves a queue once: \(queues.map(\.name.text).joined(separator: ", "))")
        }
    }

    /// In a cluster a node may be away while the others work. A server that is away ends the start at once.
    private func patiently<Result>(_ step: () async throws(SluiceError) -> Result) async throws(SluiceError) -> Result {
        let patience = client.store.isCluster ? client.options.patience : .zero
        return try await client.store.repeating(for: patience, heedsCancellation: true, step)
    }

    private func declare(_ queue: Queue) async throws(SluiceError) {
        do throws(SluiceError) {
            try await client.store.register(queue.name)
        } catch {
            // A full server has to be drained, and the client that filled this queue has registered it.
            guard error.code == .outOfMemory else { throw error }
            logger.warning("Redis is full", metadata: ["queue": "\(queue.name)", "error": "\(error)"])
        }
        if !queue.declarations.isEmpty {
            try await client.store.call(Configure(queue.declarations), on: queue.name)
        }
    }

    /// Puts the queue's limits in force, and switches off dependencies that are off for all queues, before any job is claimed.
    private func declare(_ declaration: inout Declaration, of queue: Queue, off: [String]) async throws(SluiceError) {
        try await declaration.declare(client.store, logger)
        for dependency in off {
            if try await client.store.call(Switch(dependency, isOn: false), on: queue.name) {
                logger.notice("a dependency is off", metadata: ["queue": "\(queue.name)", "dependency": "\(dependency)"])
            }
        }
    }

    private func runner(
        of queue: Queue, _ declaration: Declaration, _ registry: Registry, _ executor: HandlerExecutor, _ idleQueues: IdleQueues,
        _ beside: Beside
    ) -> QueueRunner {
        let metrics = WorkerMetrics(queue: queue.name, factory: options.metrics ?? MetricsSystem.factory)
        let pipeline = Pipeline(
            queue: queue.name, worker: id, store: client.store, logger: logger,
            payload: client.options.payload, workflows: client.workflows,
            handlers: registry.handlers.mapValues { $0() }, fallback: registry.fallback,
            middleware: middleware, metrics: metrics.runs)
        return QueueRunner(
            queue: queue, declaration: declaration, client: client, worker: id, options: options, pipeline: pipeline,
            executor: executor, idleQueues: idleQueues, cycleRelay: beside.cycleRelay, cron: beside.cron,
            ownEnd: beside.ownEnd, observer: beside.observer, metrics: metrics, logger: logger)
    }

    private func serve(
        _ runners: [QueueRunner], _ loop: WakeLoop, _ beside: Beside, _ observers: [ProcessedStream.Observer]
    ) async throws {
        let maintenance = WorkflowMaintenance(client.relay, on: client.store.eventLoop, logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask(executorPreference: beside.executor) { await loop.run() }
            for runner in runners { group.addTask(executorPreference: beside.executor) { await runner.watchDeadlines() } }
            group.addTask { [logger] in await beside.observer?.run(observers, logger: logger) }
            group.addTask(executorPreference: beside.executor) { await beside.cycleRelay.run() }
            group.addTask { await beside.cron.run() }
            group.addTask { await maintenance.run() }
            let result = await runAll(runners, on: beside.executor)
            await loop.stop()
            beside.cycleRelay.finish()
            beside.cron.finish()
            maintenance.stop()
            beside.observer?.finish()
            try result.get()
            try await group.waitForAll()
        }
    }

    /// Runs all queues. If one fails for good, or the worker is to stop, all of them stop. Returns the first failure.
    private func runAll(_ runners: [QueueRunner], on executor: EventLoopExecutor) async -> Result<Void, any Error> {
        let grace = options.grace
        return await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await collect(runners, on: executor)
            } onGracefulShutdown: {
                for runner in runners { runner.stop(grace: grace) }
            }
        } onCancel: {
            // A cancellation does not wait: runs are ended and given back.
            for runner in runners { runner.stop(grace: .zero) }
        }
    }

    private func collect(_ runners: [QueueRunner], on executor: EventLoopExecutor) async -> Result<Void, any Error> {
        let grace = options.grace
        return await withTaskGroup(of: Result<Void, any Error>.self) { group in
            for runner in runners { group.addTask(executorPreference: executor) { await Result { try await runner.run() } } }
            var first: Result<Void, any Error> = .success(())
            for await result in group {
                guard case .failure = result, case .success = first else { continue }
                first = result
                for runner in runners { runner.stop(grace: grace) }
            }
            return first
        }
    }
}

extension Result where Success == Void, Failure == any Error {
    fileprivate init(catching body: () async throws -> Void) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
