package import Logging
import ServiceLifecycle
import SluiceCore
import Synchronization

/// Tells systemd how this process is, from its probe: ready, stopping, and a sign of life for the watchdog while its loop turns.
///
/// A loop that hangs, and a process whose tasks get no thread, send no sign. A Redis that is away changes the status alone, which says
/// what `/readyz` does. List the service before those that it reports on, so that it outlives them.
package struct SystemdService: Service {
    /// How often it looks, unless the watchdog wants it more often.
    private static let longestTick = Duration.seconds(1)
    /// How often it looks before it is ready.
    private static let firstTick = Duration.milliseconds(100)
    /// How much time it asks for while the process stops. It asks again at each look, so a process that hangs gets no more.
    private static let moreTime = Duration.seconds(30)

    /// How long an answer about readiness counts.
    package static let freshness = Duration.seconds(2)

    private let notifier: SystemdNotifier
    private let probe: ServiceProbe
    private let logger: Logger
    private let freshness: Duration
    /// The last answer about readiness; nil before there is one.
    private let answer = Latest()

    /// - Parameter freshness: How long an answer about readiness counts, once the process is ready.
    package init(
        _ notifier: SystemdNotifier, _ probe: ServiceProbe, logger: Logger, freshness: Duration = SystemdService.freshness
    ) {
        self.notifier = notifier
        self.probe = probe
        self.logger = logger
        self.freshness = freshness
    }

    /// Reports until the group shuts down or the task is cancelled.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                // An answer may take a while, in which the watchdog is fed all the same.
                group.addTask { await ask() }
                await report()
                group.cancelAll()
            }
        }
        notifier.tell([.stopping])
        await probe.close()
    }

    /// What the manager has been told.
    private struct Told {
        var isReady = false
        var isStopping = false
        var isHanging = false
        var status = ""
    }

    /// Keeps the answer about readiness fresh.
    private func ask() async {
        var wasReady = false
        while !Task.isCancelled {
            let readiness = await probe.readiness()
            answer.value = readiness
            wasReady = wasReady || readiness.isGood
            do {
                try await Task.sleep(for: wasReady ? freshness : min(freshness, Self.firstTick))
            } catch {
                return
            }
        }
    }

    private func report() async {
        var told = Told()
        let tick = min(notifier.watchdog.map { $0 / 2 } ?? Self.longestTick, Self.longestTick)
        while !Task.isCancelled {
            look(&told)
            do {
                try await Task.sleep(for: told.isReady || told.isStopping ? tick : min(tick, Self.firstTick))
            } catch {
                return
            }
        }
    }

    private func look(_ told: inout Told) {
        let (pulse, life) = (probe.pulse(), probe.liveness())
        if pulse.isTurning, notifier.watchdog != nil { notifier.tell([.watchdog]) }
        if !pulse.isTurning, !told.isHanging { logger.error("no sign of life for systemd", metadata: ["why": "\(life.text)"]) }
        told.isHanging = !pulse.isTurning
        switch pulse.phase {
        case .starting, .serving:
            if pulse.isTurning, let answer = answer.value { tell(answer, &told) }
        case .stopping:
            if !told.isStopping { told.isStopping = notifier.tell([.stopping]) }
            if pulse.isTurning {
                notifier.tell([.extendTimeout(Self.moreTime)])
                state("stopping: what runs may end", &told)
            }
        }
        if !pulse.isTurning { state(life.text, &told) }
    }

    private func tell(_ answer: ServiceProbe.Answer, _ told: inout Told) {
        if told.isReady || !answer.isGood { return state(answer.text, &told) }
        guard notifier.tell([.ready, .status(answer.text)]) else { return }
        told.isReady = true
        told.status = answer.text
    }

    private func state(_ text: String, _ told: inout Told) {
        if text != told.status, notifier.tell([.status(text)]) { told.status = text }
    }
}

/// The newest answer of a probe.
private final class Latest: Sendable {
    private let content = Mutex<ServiceProbe.Answer?>(nil)

    var value: ServiceProbe.Answer? {
        get { content.withLock { $0 } }
        set { content.withLock { $0 = newValue } }
    }
}
