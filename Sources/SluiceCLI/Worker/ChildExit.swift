import Dispatch
import Subprocess

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Detects the exit of a child, and leaves the child to be reaped by its owner.
enum ChildExit {
    private static let queue = DispatchQueue(label: "sluice.children")

    /// Whether the child has exited.
    static func has(_ child: Int32) -> Bool {
        var info = siginfo_t()
        return waitid(P_PID, id_t(child), &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_signo == SIGCHLD
    }

    /// Returns when the child has exited.
    ///
    /// This wait uses no long timer: `Task.sleep` keeps its timer in memory until the time is over, even if the sleep was cancelled
    /// long before. Each child would leave one behind.
    static func wait(for child: ProcessIdentifier) async {
        if has(child.value) { return }
        if let source = source(of: child) {
            await withCheckedContinuation { continuation in
                source.setEventHandler { source.cancel() }
                source.setCancelHandler { continuation.resume() }
                source.activate()
            }
        }
        while !has(child.value) {
            await withCheckedContinuation { continuation in
                queue.asyncAfter(deadline: .now() + .milliseconds(20)) { continuation.resume() }
            }
        }
    }

    #if os(Linux)
        /// A process descriptor becomes readable when the process exits. Linux before 5.4 has none.
        private static func source(of child: ProcessIdentifier) -> (any DispatchSourceProtocol)? {
            guard child.processDescriptor >= 0 else { return nil }
            return DispatchSource.makeReadSource(fileDescriptor: child.processDescriptor, queue: queue)
        }
    #else
        private static func source(of child: ProcessIdentifier) -> (any DispatchSourceProtocol)? {
            DispatchSource.makeProcessSource(identifier: child.value, eventMask: .exit, queue: queue)
        }
    #endif
}
