import SluiceWorker

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Lets children start one after another, each only if there are descriptors for it: one that gets some of its own and not all may
/// run and never be heard of again.
actor LaunchGate {
    /// That of this process, whose descriptors they share.
    static let shared = LaunchGate()

    /// Descriptors that a start takes for a moment, and some for the connections to Redis.
    private static let needed = 16

    private var isTaken = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// Waits for its turn; `leave` ends it.
    /// - Throws: `WorkerUnable` without a turn, if there are too few descriptors.
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

    /// Why so many cannot be opened; nil if they can.
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
