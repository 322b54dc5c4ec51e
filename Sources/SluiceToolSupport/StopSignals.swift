package import UnixSignals

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Signals that ask a program to stop cleanly.
package enum StopSignals {
    /// SIGTERM, Ctrl-C, and the end of the terminal, unless the program was started to outlive that, as with `nohup`. Read it
    /// before anything handles signals.
    package static let all: [UnixSignal] = [.sigterm, .sigint] + (isIgnored(SIGHUP) ? [] : [.sighup])

    /// Those of a program that serves: without a terminal that could end, SIGHUP asks it to read its secrets again.
    package static let ofService: [UnixSignal] = all.filter { $0 != .sighup || hasTerminal }

    /// Signals that ask a program that serves to read its secrets again.
    package static let reload: [UnixSignal] = hasTerminal || isIgnored(SIGHUP) ? [] : [.sighup]

    private static let hasTerminal: Bool = {
        let terminal = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)
        if terminal >= 0 { close(terminal) }
        return terminal >= 0
    }()

    /// Lets SIGQUIT end this process at once, like any program. Otherwise the runtime makes a backtrace first, which may take
    /// minutes while leases end and commands go on.
    package static func quitAtOnce() {
        if !isIgnored(SIGQUIT) { signal(SIGQUIT, SIG_DFL) }
    }

    private static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        guard sigaction(number, nil, &action) == 0 else { return false }
        #if canImport(Darwin)
            let handler = action.__sigaction_u.__sa_handler
        #else
            let handler = action.__sigaction_handler.sa_handler
        #endif
        return unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
    }
}
