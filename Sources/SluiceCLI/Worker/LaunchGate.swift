import SluiceWorker

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Starts children one after another, each only if there are enough file descriptors. A child with only some of its descriptors may
/// run and never be heard of again.
actor LaunchGate {
    /// The gate of this process, whose descriptors all children share.
    static let shared = LaunchGate()

    /// The descriptors that a start needs for a moment, and some for the connections to Redis.
    private static let needed = 16

    private var isTaken = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// Waits for its turn; `leave` ends the turn.
    /// - Throws: `WorkerUnable`, without a turn, if there are too few descriptors.
    func enter() async throws {
        if isTaken {
            await withCheckedContinuation { waiting.append($0) }
        } else {
            isTaken = true
        }
        if let reason = Self.shortage() {
            leave()
            throw WorkerUnable("the command cannot be started: \(reason)")
        }
    }

    func leave() {
        if waiting.isEmpty { isTaken = false } else { waiting.removeFirst().resume() }
    }

    /// The reason why the needed descriptors cannot be opened; nil if they can.
    private static func shortage() -> String? {
        var opened: [Int32] = []
        defer { for descriptor in opened { close(descriptor) } }
        for _ in 0..<needed {
            let descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)
            if descriptor < 0 { return String(cString: strerror(errno)) }
            opened.append(descriptor)
        }
        return nil
    }
}
