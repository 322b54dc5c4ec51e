import Dispatch
import Foundation
import Logging
import NIOCore
import NIOPosix
import SluiceCore
import SluiceToolSupport
import Synchronization
import TestSupport
import Testing

/// What systemd is told, over a real socket.
@Suite(.timeLimit(.minutes(10)))
struct SystemdTests {
    private static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// A process that the test drives.
    private final class Process: Sendable {
        private let state = Mutex((pulse: Pulse(.starting), isReady: false))
        let asked = Occurrences()

        var pulse: Pulse {
            get { state.withLock { $0.pulse } }
            set { state.withLock { $0.pulse = newValue } }
        }

        var isReady: Bool {
            get { state.withLock { $0.isReady } }
            set { state.withLock { $0.isReady = newValue } }
        }

        var probe: ServiceProbe {
            ServiceProbe("worker", pulse: { self.pulse }) {
                self.asked.add()
                return ServiceProbe.Answer(isGood: self.isReady, self.isReady ? "ready" : "Redis: refused")
            }
        }
    }

    /// Reports on a process while `body` runs.
    private func reporting(
        _ process: Process, watchdog: Duration? = .milliseconds(20), _ body: (NotifySocket) async throws -> Void
    ) async throws {
        let socket = try NotifySocket()
        var environment = ["NOTIFY_SOCKET": socket.address]
        if let watchdog { environment["WATCHDOG_USEC"] = "\(watchdog.components.attoseconds / 1_000_000_000_000)" }
        let notifier = try #require(SystemdNotifier(environment, process: 1))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await SystemdService(notifier, process.probe, logger: Self.silent, freshness: .milliseconds(20)).run()
            }
            try await body(socket)
            group.cancelAll()
            try await group.waitForAll()
        }
        #expect(socket.all.last == "STOPPING=1")
    }

    @Test func itIsReadyOnceEverythingIsThere() async throws {
        let process = Process()
        try await reporting(process) { socket in
            try await socket.wait(for: 1, "STATUS=the worker starts")
            #expect(process.asked.count == 0)
            process.pulse = Pulse(.serving)
            try await socket.wait(for: 1, "STATUS=Redis: refused")
            #expect(socket.count("READY=1") == 0)
            process.isReady = true
            try await socket.wait(for: 1, "READY=1")
            try await socket.wait(for: 1, "STATUS=ready")
            // Redis that goes away later is no matter of life, and the status says so as long as it is away.
            process.isReady = false
            try await socket.wait(for: 2, "STATUS=Redis: refused")
            try await socket.wait(for: socket.count("WATCHDOG=1") + 10, "WATCHDOG=1")
            process.isReady = true
            try await socket.wait(for: 2, "STATUS=ready")
            #expect(socket.count("READY=1") == 1 && socket.count("STATUS=Redis: refused") == 2)
        }
    }

    /// Red if the watchdog waited for the answer of the probe.
    @Test func aProbeWithoutAnAnswerDoesNotKeepTheWatchdogHungry() async throws {
        let socket = try NotifySocket()
        let notifier = try #require(
            SystemdNotifier(["NOTIFY_SOCKET": socket.address, "WATCHDOG_USEC": "20000"], process: 1))
        let (never, end) = AsyncStream.makeStream(of: Void.self)
        let probe = ServiceProbe("worker", pulse: { Pulse(.serving) }) {
            for await _ in never {}
            return ServiceProbe.Answer(isGood: false, "ended")
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await SystemdService(notifier, probe, logger: Self.silent).run() }
            try await socket.wait(for: 10, "WATCHDOG=1")
            #expect(socket.count("READY=1") == 0)
            end.finish()
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    @Test func aLoopThatHangsIsNotFed() async throws {
        let process = Process()
        process.isReady = true
        process.pulse = Pulse(.serving)
        try await reporting(process) { socket in
            try await socket.wait(for: 5, "WATCHDOG=1")
            process.pulse = Pulse(.serving, silence: .seconds(76), longestSilence: .seconds(75))
            try await socket.wait(for: 1, "STATUS=the worker's loop has not turned for 76 s")
            let fed = socket.count("WATCHDOG=1")
            process.pulse = Pulse(.stopping, silence: .seconds(77), longestSilence: .seconds(75))
            try await socket.wait(for: 1, "STATUS=the worker's loop has not turned for 77 s")
            #expect(socket.count("WATCHDOG=1") == fed)
            #expect(socket.all.allSatisfy { !$0.hasPrefix("EXTEND_TIMEOUT_USEC") })
            process.pulse = Pulse(.serving)
            try await socket.wait(for: fed + 2, "WATCHDOG=1")
        }
    }

    @Test func aStopThatGoesOnGetsMoreTime() async throws {
        let process = Process()
        process.isReady = true
        process.pulse = Pulse(.serving)
        try await reporting(process) { socket in
            try await socket.wait(for: 1, "READY=1")
            process.pulse = Pulse(.stopping)
            try await socket.wait(for: 3, "EXTEND_TIMEOUT_USEC=30000000")
            #expect(socket.count("STOPPING=1") == 1)
            try await socket.wait(for: socket.count("WATCHDOG=1") + 3, "WATCHDOG=1")
        }
    }

    @Test func withoutAWatchdogThereAreNoSigns() async throws {
        let process = Process()
        process.isReady = true
        process.pulse = Pulse(.serving)
        try await reporting(process, watchdog: nil) { socket in try await socket.wait(for: 1, "READY=1") }
        let socket = try NotifySocket()
        let variables = ["NOTIFY_SOCKET": socket.address, "WATCHDOG_USEC": "3000000"]
        #expect(SystemdNotifier(variables, process: 7)?.watchdog == .seconds(3))
        // The watchdog of another process, as of the shell that has started this one.
        let owners: [(String, Duration?)] = [("7", .seconds(3)), ("8", nil), ("x", nil)]
        for (owner, watchdog) in owners {
            let notifier = SystemdNotifier(variables.merging(["WATCHDOG_PID": owner]) { $1 }, process: 7)
            #expect(notifier != nil && notifier?.watchdog == watchdog)
        }
        for value in ["0", "-1", "x", ""] {
            let notifier = SystemdNotifier(variables.merging(["WATCHDOG_USEC": value]) { $1 }, process: 7)
            #expect(notifier != nil && notifier?.watchdog == nil)
        }
    }

    @Test func anAddressIsAFileOrAbstract() throws {
        for address in [nil, "", "relative", "vsock:2:1", "/" + String(repeating: "x", count: 200)] {
            #expect(SystemdNotifier(address.map { ["NOTIFY_SOCKET": $0] } ?? [:], process: 1) == nil)
        }
        // Nobody listens: that is no failure of the process.
        let nobody = try #require(SystemdNotifier(["NOTIFY_SOCKET": "/nonexistent/notify"], process: 1))
        #expect(!nobody.tell([.ready]))
        #if os(Linux)
            let socket = try NotifySocket(isAbstract: true)
            let notifier = try #require(SystemdNotifier(["NOTIFY_SOCKET": socket.address], process: 1))
            #expect(notifier.tell([.status("two\nlines\u{1B}[2J"), .extendTimeout(.milliseconds(1500)), .ready]))
            #expect(socket.all == ["STATUS=two lines\\u{1b}[2J", "EXTEND_TIMEOUT_USEC=1500000", "READY=1"])
        #endif
    }

    /// A loop of its own, which something blocks.
    @Test func anEventLoopThatIsBlockedIsNotFed() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loops = LoopPulse([group.next()], longestSilence: .seconds(3))
        #expect(loops.pulse.phase == .starting)
        let socket = try NotifySocket()
        let variables = ["NOTIFY_SOCKET": socket.address, "WATCHDOG_USEC": "20000"]
        let notifier = try #require(SystemdNotifier(variables, process: 1))
        let probe = ServiceProbe("server", pulse: { loops.pulse }) { ServiceProbe.Answer(isGood: true, "ready") }
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await loops.run() }
            tasks.addTask { try await SystemdService(notifier, probe, logger: Self.silent).run() }
            loops.serves()
            try await socket.wait(for: 1, "READY=1")
            try await socket.wait(for: 3, "WATCHDOG=1")
            let go = DispatchSemaphore(value: 0)
            group.next().execute { go.wait() }
            try await socket.wait(for: 1, "STATUS=the server's loop has not turned for 3 s")
            let fed = socket.count("WATCHDOG=1")
            #expect(!probe.liveness().isGood)
            #expect(socket.count("WATCHDOG=1") == fed)
            go.signal()
            try await socket.wait(for: fed + 3, "WATCHDOG=1")
            try await socket.wait(for: 2, "STATUS=ready")
            tasks.cancelAll()
            try await tasks.waitForAll()
        }
        #expect(loops.pulse.phase == .stopping)
        try await group.shutdownGracefully()
    }
}
