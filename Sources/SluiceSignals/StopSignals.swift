package import UnixSignals

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Signals that ask a program to stop in order.
package enum StopSignals {
    /// SIGTERM, Ctrl-C, and the end of the terminal, unless the program was started to outlive that, as `nohup` does. Ask for it
    /// before anything handles signals.
    package static let all: [UnixSignal] = [.sigterm, .sigint] + (isIgnored(SIGHUP) ? [] : [.sighup])

    private static func isIgnored(_ signal: Int32) -> Bool {
        var action = sigaction()
        guard sigaction(signal, nil, &action) == 0 else { return false }
        #if canImport(Darwin)
            let handler = action.__sigaction_u.__sa_handler
        #else
            let handler = action.__sigaction_handler.sa_handler
        #endif
        return unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
    }
}
