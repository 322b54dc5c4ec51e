import NIOCore
import NIOPosix
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Resolves host names and caches the results for some seconds. Connections go to the addresses found here, not to the name, so a
/// DNS answer that changes between check and use has no effect.
///
/// A system lookup blocks a thread for an unbounded time. Lookups therefore run on threads of their own, callers wait up to a
/// deadline, and each name has at most one lookup at a time. A failed or timed-out lookup is not repeated for some seconds.
final class NameResolver: Sendable {
    /// The name does not exist, or no name server answered.
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    typealias Lookup = @Sendable (String) throws(Failure) -> [IPAddress]

    private typealias Answer = Result<[IPAddress], any Error>
    private typealias Waiter = CheckedContinuation<Answer, Never>

    private struct State {
        var known: [String: (answer: Result<[IPAddress], Failure>, until: NIODeadline)] = [:]
        /// Callers by name, for lookups that run or are queued.
        var waiters: [String: [Int: Waiter]] = [:]
        var lastWaiter = 0
        var isStarted = false
        var isClosed = false
    }

    private static let memory = TimeAmount.seconds(10)
    private static let memoryOfFailure = TimeAmount.seconds(5)
    private static let mostNames = 10_000
    private static let mostThreads = 32

    private let lookup: Lookup
    private let threads = NIOThreadPool(numberOfThreads: mostThreads)
    private let state = Mutex(State())

    init(lookup: @escaping Lookup = NameResolver.ask) { self.lookup = lookup }

    deinit { close() }

    /// Returns the addresses of a host, in this system's order of preference.
    /// - Throws: `Failure` if the addresses are not known by the deadline; `CancellationError`.
    func addresses(of target: WebhookTarget, by deadline: NIODeadline = .now() + .seconds(60)) async throws -> [IPAddress] {
        if let address = target.address { return [address] }
        let host = target.name
        if let answer = known(host) { return try answer.get() }
        let number = state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        let timer = MultiThreadedEventLoopGroup.singleton.any().scheduleTask(deadline: deadline) { [weak self] in
            self?.expire(host, number)
        }
        defer { timer.cancel() }
        return try await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                enter(host, number, waiter)
                // The handler below finds no waiter if the task was cancelled before the waiter was added.
                if Task.isCancelled { leave(host, number, CancellationError()) }
            }
        } onCancel: {
            leave(host, number, CancellationError())
        }.get()
    }

    /// Stops the threads. Each ends after the lookup it is running.
    func close() {
        let (isStarted, waiters) = state.withLock { state in
            defer {
                state.waiters = [:]
                state.isClosed = true
            }
            return (state.isStarted && !state.isClosed, state.waiters.values.flatMap(\.values))
        }
        for waiter in waiters { waiter.resume(returning: .failure(CancellationError())) }
        if isStarted { threads.shutdownGracefully { _ in } }
    }

    private func known(_ host: String) -> Result<[IPAddress], Failure>? {
        state.withLock { state in
            guard let found = state.known[host], found.until > .now() else { return nil }
            return found.answer
        }
    }

    private func enter(_ host: String, _ number: Int, _ waiter: Waiter) {
        let (isFirst, answer) = state.withLock { state -> (Bool, Answer?) in
            if state.isClosed { return (false, .failure(CancellationError())) }
            // A lookup may have finished since the first check.
            if let found = state.known[host], found.until > .now() { return (false, found.answer.mapError { $0 }) }
            let isFirst = state.waiters[host] == nil
            state.waiters[host, default: [:]][number] = waiter
            if !state.isStarted { threads.start() }
            state.isStarted = true
            return (isFirst, nil)
        }
        if let answer { return waiter.resume(returning: answer) }
        if isFirst { threads.submit { [weak self] _ in self?.lookUp(host) } }
    }

    private func leave(_ host: String, _ number: Int, _ error: any Error) {
        state.withLock { $0.waiters[host]?.removeValue(forKey: number) }?.resume(returning: .failure(error))
    }

    private func expire(_ host: String, _ number: Int) {
        let failure = Failure(description: "the name '\(host)' was not found in time")
        remember(host, .failure(failure))
        leave(host, number, failure)
    }

    /// Runs on a thread of the resolver.
    private func lookUp(_ host: String) {
        // The queue may have been so long that all callers have left.
        let isWanted = state.withLock { state in
            if state.waiters[host]?.isEmpty == false { return true }
            state.waiters[host] = nil
            return false
        }
        guard isWanted else { return }
        let answer: Result<[IPAddress], Failure>
        do {
            answer = .success(try lookup(host))
        } catch {
            answer = .failure(error)
        }
        remember(host, answer)
        let waiters = state.withLock { $0.waiters.removeValue(forKey: host) }
        for waiter in (waiters ?? [:]).values { waiter.resume(returning: answer.mapError { $0 }) }
    }

    private func remember(_ host: String, _ answer: Result<[IPAddress], Failure>) {
        let span = (try? answer.get()) == nil ? Self.memoryOfFailure : Self.memory
        state.withLock { state in
            if state.known.count >= Self.mostNames { state.known.removeAll() }
            state.known[host] = (answer, .now() + span)
        }
    }

    /// Asks the system. Blocks the thread.
    static func ask(_ host: String) throws(Failure) -> [IPAddress] {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(streamSocket)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, nil, &hints, &list)
        defer { if let list { freeaddrinfo(list) } }
        guard code == 0 else {
            throw Failure(description: "the name '\(host)' was not found: \(String(cString: gai_strerror(code)))")
        }
        var addresses: [IPAddress] = []
        var next = list
        while let entry = next {
            if let address = entry.pointee.ai_addr, let found = IPAddress(UnsafePointer(address)) { addresses.append(found) }
            next = entry.pointee.ai_next
        }
        if addresses.isEmpty { throw Failure(description: "the name '\(host)' has no address") }
        return addresses
    }

    #if canImport(Glibc)
        private static let streamSocket = SOCK_STREAM.rawValue
    #else
        private static let streamSocket = SOCK_STREAM
    #endif
}
