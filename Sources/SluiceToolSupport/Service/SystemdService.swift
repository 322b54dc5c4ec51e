package import Logging
import ServiceLifecycle
import SluiceCore

/// Tells systemd how this process is, from its probe: ready, stopping, and a sign of life for the watchdog while its loop turns.
///
/// A loop that hangs, and a process whose tasks get no thread, send no sign. A Redis that is away changes nothing. List it before
/// the services that it reports on, so that it outlives them.
package struct SystemdService: Service {
    /// How often it looks, unless the watchdog wants it more often.
    private static let longestTick = Duration.seconds(1)
    /// How often it looks before it is ready.
    private static let firstTick = Duration.milliseconds(100)
    /// How much time it asks for while the process stops. It asks again at each look, so a process that hangs gets no more.
    private static let moreTime = Duration.seconds(30)

    private let notifier: SystemdNotifier
    private let probe: ServiceProbe
    private let logger: Logger

    package init(_ notifier: SystemdNotifier, _ probe: ServiceProbe, logger: Logger) {
        self.notifier = notifier
        self.probe = probe
        self.logger = logger
    }

    /// Reports until the group shuts down or the task is cancelled.
    package func run() async throws {
        await cancelWhenGracefulShutdown { await report() }
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

    private func report() async {
        var told = Told()
        let tick = min(notifier.watchdog.map { $0 / 2 } ?? Self.longestTick, Self.longestTick)
        while !Task.isCancelled {
            await look(&told)
            do {
                try await Task.sleep(for: told.isReady || told.isStopping ? tick : min(tick, Self.firstTick))
            } catch {
                return
            }
        }
    }

    private func look(_ told: inout Told) async {
        let (pulse, life) = (probe.pulse(), probe.liveness())
        if pulse.isTurning, notifier.watchdog != nil { notifier.tell([.watchdog]) }
        if !pulse.isTurning, !told.isHanging { logger.error("no sign of life for systemd", metadata: ["why": "\(life.text)"]) }
        told.isHanging = !pulse.isTurning
        switch pulse.phase {
        case .starting, .serving:
            if !told.isReady { await becomeReady(&told) } else if pulse.isTurning { state("ready", &told) }
        case .stopping:
            if !told.isStopping { told.isStopping = notifier.tell([.stopping]) }
            if pulse.isTurning {
                notifier.tell([.extendTimeout(Self.moreTime)])
                state("stopping: what runs may end", &told)
            }
        }
        if !pulse.isTurning { state(life.text, &told) }
    }

    private func becomeReady(_ told: inout Told) async {
        let answer = await probe.readiness()
        guard answer.isGood else { return state(answer.text, &told) }
        guard notifier.tell([.ready, .status(answer.text)]) else { return }
        told.isReady = true
        told.status = answer.text
        // Redis is not asked again: whether it is there is no matter of life.
        await probe.close()
    }

    private func state(_ text: String, _ told: inout Told) {
        if text != told.status, notifier.tell([.status(text)]) { told.status = text }
    }
}
