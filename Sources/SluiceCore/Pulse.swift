/// How a process that serves is, for the probes of what runs it.
///
/// `/livez`, `/readyz` and the messages to systemd are all made from it, so none of them calls a process alive that another one
/// gives up. It never depends on Redis: an outage must not restart all workers.
package struct Pulse: Sendable, Hashable {
    package enum Phase: Sendable {
        /// It does not serve yet.
        case starting
        case serving
        /// It takes nothing more.
        case stopping
    }

    package var phase: Phase
    /// How long its slowest loop has made no turn.
    package var silence: Duration
    /// The silence above which a loop hangs.
    package var longestSilence: Duration

    package var isTurning: Bool { silence <= longestSilence }

    package init(_ phase: Phase, silence: Duration = .zero, longestSilence: Duration = .zero) {
        self.phase = phase
        self.silence = silence
        self.longestSilence = longestSilence
    }
}
