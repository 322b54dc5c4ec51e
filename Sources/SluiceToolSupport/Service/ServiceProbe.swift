package import SluiceCore
package import SluiceStore

/// What a process tells the one who runs it: whether it is alive, and whether it is ready.
///
/// The pages `/livez` and `/readyz` and the messages to systemd ask the same probe.
package struct ServiceProbe: Sendable {
    /// Yes or no, with one line that says why.
    package struct Answer: Sendable, Equatable {
        package var isGood: Bool
        package var text: String

        package init(isGood: Bool, _ text: String) {
            self.isGood = isGood
            self.text = text
        }
    }

    /// The patience with Redis. Probes themselves often wait no longer.
    private static let patience = Duration.milliseconds(900)

    package let pulse: @Sendable () -> Pulse
    private let subject: String
    private let ask: @Sendable () async -> Answer
    private let end: @Sendable () async -> Void

    /// - Parameters:
    ///   - subject: what the process is, as a noun: `worker`.
    ///   - stores: the servers whose function library has to be there. Each is asked over a connection of its own: a time-out here
    ///     must not end a call of the process.
    package init(_ subject: String, probing stores: [Store], pulse: @escaping @Sendable () -> Pulse) {
        let probes = stores.map { $0.withoutLoading() }
        self.init(subject, pulse: pulse) {
            for probe in probes {
                if let trouble = await Self.trouble(probe) { return Answer(isGood: false, trouble) }
            }
            return Answer(isGood: true, "ready")
        } end: {
            for probe in probes { await probe.close() }
        }
    }

    /// A probe that asks `ready` instead of Redis.
    package init(
        _ subject: String, pulse: @escaping @Sendable () -> Pulse, ready: @escaping @Sendable () async -> Answer,
        end: @escaping @Sendable () async -> Void = {}
    ) {
        self.subject = subject
        self.pulse = pulse
        ask = ready
        self.end = end
    }

    package func close() async { await end() }

    /// Whether the process works, with Redis or without: a restart would not bring Redis back.
    package func liveness() -> Answer {
        let pulse = pulse()
        if pulse.isTurning { return Answer(isGood: true, "alive") }
        return Answer(isGood: false, "the \(subject)'s loop has not turned for \(pulse.silence.components.seconds) s")
    }

    /// Whether the process does its work, as far as that can be seen.
    package func readiness() async -> Answer {
        switch pulse().phase {
        case .starting: Answer(isGood: false, "the \(subject) starts")
        case .stopping: Answer(isGood: false, "the \(subject) stops")
        case .serving: await ask()
        }
    }

    private static func trouble(_ probe: Store) async -> String? {
        do throws(SluiceError) {
            if try await probe.libraryVersion(timeout: patience) != nil { return nil }
            return "the function library on Redis cannot be read"
        } catch {
            // One line: an error reply of Redis is one, but a path may hold anything.
            return "Redis: \(error.message.split(whereSeparator: \.isNewline).joined(separator: " "))"
        }
    }
}
