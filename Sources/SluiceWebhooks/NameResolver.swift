import NIOCore
import NIOPosix
import SluiceCore
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
/// deadline, and each name has at most one lookup at a time. A failed or timed-out lookup is not repeated for some seconds. Names
/// that were slow the last time share a few threads, so that slow names do not delay the others.
final class NameResolver: Sendable {
    /// The name does not exist, or no name server answered.
    struct Failure: Error, CustomStringConvertible {
        var description: String
        /// Whether this process had no means to ask. That says nothing about the name.
        var isOwn = false
    }

    typealias Lookup = @Sendable (String) throws(Failure) -> [IPAddress]

    private typealias Answer = Result<[IPAddress], any Error>
    private typealias Waiter = CheckedContinuation<Answer, Never>

    private struct State {
        var known: [String: (answer: Result<[IPAddress], Failure>, until: NIODeadline)] = [:]
        /// Callers by name, for lookups that run or are queued.
        var waiters: [String: [Int: Waiter]] = [:]
        var lastWaiter = 0
        /// Names of lookups that run, and whether a caller has given up waiting meanwhile.
        var asked: [String: Bool] = [:]
        /// Names that took long the last time.
        var slow: Set<String> = []
        var isStarted = false
        var isClosed = false
    }

    private static let memory = TimeAmount.seconds(10)
    private static let mostNames = 10_000
    /// Threads for names that were slow, and for all others.
    static let slowThreads = 8
    static let quickThreads = 24
    /// What takes longer is slow.
    private static let patience = TimeAmount.seconds(1)

    private let lookup: Lookup
    private let memoryOfFailure: TimeAmount
    private let quick = NIOThreadPool(numberOfThreads: quickThreads)
    private let slow = NIOThreadPool(numberOfThreads: slowThreads)
    private let state = Mutex(State())

    init(memoryOfFailure: TimeAmount = .seconds(5), lookup: @escaping Lookup = NameResolver.ask) {
        self.memoryOfFailure = memoryOfFailure
        self.lookup = lookup
    }

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
        var timer: Scheduled<Void>?
        defer { timer?.cancel() }
        return try await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                enter(host, number, waiter)
                // The handler below finds no waiter if the task was cancelled before the waiter was added.
                if Task.isCancelled { leave(host, number, CancellationError()) }
                // Set after the waiter was added, so that the timer finds it even if the deadline is over already.
                timer = MultiThreadedEventLoopGroup.singleton.any().scheduleTask(deadline: deadline) { [weak self] in
                    self?.expire(host, number)
                }
            }
        } onCancel: {
            leave(host, number, CancellationError())
        }.get()
    }

    /// Whether a lookup runs now.
    var isAsking: Bool { state.withLock { !$0.asked.isEmpty } }

    /// Forgets the results of lookups, but not which names were slow.
    func forget() { state.withLock { $0.known = [:] } }

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
        if isStarted { for threads in [quick, slow] { threads.shutdownGracefully { _ in } } }
    }

    private func known(_ host: String) -> Result<[IPAddress], Failure>? {
        state.withLock { state in
            guard let found = state.known[host], found.until > .now() else { return nil }
            return found.answer
        }
    }

    private func enter(_ host: String, _ number: Int, _ waiter: Waiter) {
        let (threads, answer) = state.withLock { state -> (NIOThreadPool?, Answer?) in
            if state.isClosed { return (nil, .failure(CancellationError())) }
            // A lookup may have finished since the first check.
            if let found = state.known[host], found.until > .now() { return (nil, found.answer.mapError { $0 }) }
            let isFirst = state.waiters[host] == nil
            state.waiters[host, default: [:]][number] = waiter
            if !state.isStarted { for threads in [quick, slow] { threads.start() } }
            state.isStarted = true
            return (isFirst ? state.slow.contains(host) ? slow : quick : nil, nil)
        }
        if let answer { return waiter.resume(returning: answer) }
        threads?.submit { [weak self] _ in self?.lookUp(host) }
    }

    private func leave(_ host: String, _ number: Int, _ error: any Error) {
        state.withLock { $0.waiters[host]?.removeValue(forKey: number) }?.resume(returning: .failure(error))
    }

    private func expire(_ host: String, _ number: Int) {
        let failure = Failure(description: "the name '\(host)' was not found in time")
        remember(host, .failure(failure))
        state.withLock { if $0.asked[host] != nil { $0.asked[host] = true } }
        leave(host, number, failure)
    }

    /// Runs on a thread of the resolver.
    private func lookUp(_ host: String) {
        // The queue may have been so long that all callers have left.
        let isWanted = state.withLock { state in
            if state.waiters[host]?.isEmpty == false {
                state.asked[host] = false
                return true
            }
            state.waiters[host] = nil
            return false
        }
        guard isWanted else { return }
        let start = NIODeadline.now()
        let answer: Result<[IPAddress], Failure>
        do {
            answer = .success(try lookup(host))
        } catch {
            answer = .failure(error)
        }
        remember(host, answer)
        note(host, took: .now() - start)
        let waiters = state.withLock { $0.waiters.removeValue(forKey: host) }
        for waiter in (waiters ?? [:]).values { waiter.resume(returning: answer.mapError { $0 }) }
    }

    /// Takes note of whether a name was slow, for the next time.
    private func note(_ host: String, took time: TimeAmount) {
        state.withLock { state in
            let isLate = state.asked.removeValue(forKey: host) ?? false
            if !isLate, time < Self.patience {
                state.slow.remove(host)
            } else {
                if state.slow.count >= Self.mostNames { state.slow.removeAll() }
                state.slow.insert(host)
            }
        }
    }

    private func remember(_ host: String, _ answer: Result<[IPAddress], Failure>) {
        let span: TimeAmount
        switch answer {
        case .success: span = Self.memory
        case .failure(let failure):
            if failure.isOwn { return }
            span = memoryOfFailure
        }
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
        let reason = errno
        guard code == 0 else {
            throw Failure(
                description: "the name '\(host)' was not found: \(String(cString: gai_strerror(code)))",
                isOwn: OwnShortage.isOwn(lookup: code, reason))
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
