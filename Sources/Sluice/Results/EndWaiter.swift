import NIOCore
import SluiceCore
import SluiceStore
import Synchronization

/// Asks Redis for ends at one place, for all tasks of a client: once when a wait begins, once when the client's inbox has a
/// notice, and once after the connection was lost. Questions that arise while a call is under way travel with the next call.
actor EndWaiter<Source: EndSource>: InboxReader {
    typealias Continuation = CheckedContinuation<Result<Source.End, any Error>, Never>

    private struct Wait {
        var continuation: Continuation
        var timer: Scheduled<Void>?
        /// The last state from Redis since the wait began.
        var state: String?
        /// Whether the time ran out before the first answer, which then ends the wait.
        var isOver = false
    }

    private struct State {
        var waits: [Source.Subject: [Int: Wait]] = [:]
        var asking: Set<Source.Subject> = []
        /// Subjects whose waits have ended without an answer.
        var forgetting: Set<Source.Subject> = []
        var isPumping = false
        var isClosed = false
        /// The error of the last call, if it failed.
        var outage: SluiceError?
    }

    private enum Call {
        case ask([Source.Subject])
        case forget([Source.Subject])
    }

    /// The most subjects in one call.
    private static var most: Int { 500 }

    private nonisolated let source: Source
    nonisolated let inbox: String
    private nonisolated let eventLoop: any EventLoop
    private nonisolated let notifier: Notifier
    private nonisolated let onIdle: @Sendable () -> Void
    private nonisolated let state = Mutex(State())
    private var failures = 0

    nonisolated var unownedExecutor: UnownedSerialExecutor { eventLoop.executor.asUnownedSerialExecutor() }

    /// - Parameter onIdle: Called when no wait is left.
    init(_ source: Source, on eventLoop: any EventLoop, _ notifier: Notifier, onIdle: @escaping @Sendable () -> Void) {
        self.source = source
        self.inbox = source.inbox
        self.eventLoop = eventLoop
        self.notifier = notifier
        self.onIdle = onIdle
    }

    nonisolated var isIdle: Bool { state.withLock { $0.waits.isEmpty && $0.forgetting.isEmpty && !$0.isPumping } }

    /// Begins a wait. The continuation is resumed once.
    nonisolated func enter(
        _ subject: Source.Subject, _ number: Int, _ continuation: Continuation, by deadline: NIODeadline?
    ) {
        let isIn = state.withLock { state in
            if state.isClosed { return false }
            let timer = deadline.map { deadline in
                eventLoop.scheduleTask(deadline: deadline) { [weak self] () -> Void in self?.expire(subject, number) }
            }
            state.waits[subject, default: [:]][number] = Wait(continuation: continuation, timer: timer)
            state.asking.insert(subject)
            state.forgetting.remove(subject)
            return true
        }
        if isIn { wake() } else { continuation.resume(returning: .failure(Self.closed)) }
    }

    /// Ends one wait with an error.
    nonisolated func leave(_ subject: Source.Subject, _ number: Int, _ error: any Error) {
        let wait = state.withLock { Self.remove(subject, number, from: &$0) }
        guard let wait else { return }
        wait.timer?.cancel()
        wait.continuation.resume(returning: .failure(error))
        wake()
    }

    /// Ends all waits with `closed`.
    nonisolated func close() {
        let waits = state.withLock { state in
            defer { state.waits = [:] }
            state.isClosed = true
            return state.waits.values.flatMap(\.values)
        }
        for wait in waits {
            wait.timer?.cancel()
            wait.continuation.resume(returning: .failure(Self.closed))
        }
    }

    nonisolated func received(_ entries: [String]) {
        state.withLock { state in
            for entry in entries {
                if let subject = source.subject(of: entry), state.waits[subject] != nil { state.asking.insert(subject) }
            }
        }
        wake()
    }

    nonisolated func recheck() {
        state.withLock { $0.asking.formUnion($0.waits.keys) }
        wake()
    }

    private static var closed: SluiceError { SluiceError(.closed, "the client was closed") }

    private static func remove(_ subject: Source.Subject, _ number: Int, from state: inout State) -> Wait? {
        guard let wait = state.waits[subject]?.removeValue(forKey: number) else { return nil }
        if state.waits[subject]?.isEmpty == true {
            state.waits[subject] = nil
            state.asking.remove(subject)
            state.forgetting.insert(subject)
        }
        return wait
    }

    /// Ends a wait whose time is over. Before the first answer of Redis, the wait goes on until that answer or the first failure.
    private nonisolated func expire(_ subject: Source.Subject, _ number: Int) {
        let error = state.withLock { state -> SluiceError? in
            guard let wait = state.waits[subject]?[number] else { return nil }
            if wait.state == nil, state.outage == nil {
                state.waits[subject]?[number]?.isOver = true
                return nil
            }
            return .notInTime(source.name(of: subject), isNow: wait.state, outage: state.outage)
        }
        if let error { leave(subject, number, error) }
    }

    // MARK: Calls

    private nonisolated func wake() {
        let mustPump = state.withLock { state in
            if state.isPumping || state.isClosed || state.asking.isEmpty && state.forgetting.isEmpty { return false }
            state.isPumping = true
            return true
        }
        // The task ends when there is nothing to ask.
        if mustPump { Task { await pump() } }
    }

    private func pump() async {
        // A reply that does not arrive may be too large, so the next call asks for fewer subjects.
        while let call = take(Self.most >> min(failures, 8)) {
            switch call {
            case .ask(let subjects): await ask(subjects)
            // A failure here does no harm.
            case .forget(let subjects): try? await source.forget(subjects)
            }
            if state.withLock({ $0.waits.isEmpty }) { notifier.dismiss(self) } else { await notifier.attend(self) }
        }
        if isIdle { onIdle() }
    }

    /// The next call. Returns nil, and ends the pump, if there is none.
    private func take(_ most: Int) -> Call? {
        state.withLock { state in
            if !state.asking.isEmpty {
                let subjects = Array(state.asking.prefix(max(most, 1)))
                state.asking.subtract(subjects)
                return .ask(subjects)
            }
            if !state.forgetting.isEmpty {
                let subjects = Array(state.forgetting.prefix(Self.most))
                state.forgetting.subtract(subjects)
                return .forget(subjects)
            }
            state.isPumping = false
            return nil
        }
    }

    private func ask(_ subjects: [Source.Subject]) async {
        notifier.expect(self)
        do throws(SluiceError) {
            let states = try await source.ask(subjects)
            failures = 0
            resume(state.withLock { Self.answer(subjects, states, &$0) { source.name(of: $0) } })
        } catch {
            await failed(subjects, error)
        }
    }

    /// Applies an answer. Returns the waits that end.
    private static func answer(
        _ subjects: [Source.Subject], _ states: [Source.Subject: EndState<Source.End>], _ state: inout State,
        name: (Source.Subject) -> String
    ) -> [(Wait, Result<Source.End, any Error>)] {
        state.outage = nil
        var ended: [(Wait, Result<Source.End, any Error>)] = []
        for subject in subjects {
            guard let waits = state.waits[subject] else { continue }
            switch states[subject] {
            // The reply had no room for this subject.
            case nil: state.asking.insert(subject)
            case .ended(let end):
                state.waits[subject] = nil
                ended += waits.values.map { ($0, .success(end)) }
            case .underWay(let now):
                for (number, wait) in waits {
                    if wait.isOver, let wait = remove(subject, number, from: &state) {
                        ended.append((wait, .failure(SluiceError.notInTime(name(subject), isNow: now, outage: nil))))
                    } else {
                        state.waits[subject]?[number]?.state = now
                    }
                }
            }
        }
        return ended
    }

    /// Asks again after a transient error; any other error ends the waits.
    private func failed(_ subjects: [Source.Subject], _ error: SluiceError) async {
        let ended = state.withLock { state -> [(Wait, Result<Source.End, any Error>)] in
            var ended: [(Wait, Result<Source.End, any Error>)] = []
            if error.isTransient { state.outage = error }
            for subject in subjects {
                for (number, wait) in state.waits[subject] ?? [:] {
                    if !error.isTransient {
                        state.waits[subject] = nil
                        ended.append((wait, .failure(error)))
                    } else if wait.isOver, let wait = Self.remove(subject, number, from: &state) {
                        let late = SluiceError.notInTime(source.name(of: subject), isNow: wait.state, outage: error)
                        ended.append((wait, .failure(late)))
                    }
                }
                if state.waits[subject] != nil { state.asking.insert(subject) }
            }
            return ended
        }
        resume(ended)
        guard error.isTransient else { return }
        failures += 1
        await eventLoop.pause(backoff(after: failures, from: .milliseconds(40), upTo: .seconds(1)))
    }

    private func resume(_ ended: [(Wait, Result<Source.End, any Error>)]) {
        for (wait, result) in ended {
            wait.timer?.cancel()
            wait.continuation.resume(returning: result)
        }
    }
}

extension SluiceError {
    /// The error of a wait whose time is over.
    /// - Parameters:
    ///   - state: the last state from Redis.
    ///   - outage: the error of the last call to Redis, if it failed.
    fileprivate static func notInTime(_ what: String, isNow state: String?, outage: SluiceError?) -> SluiceError {
        let told = state.map { ": it \(outage == nil ? "is" : "was") \($0)" } ?? ""
        let away = outage.map { "; Redis could not be asked when the time was over: \($0.message)" } ?? ""
        return SluiceError(.timedOut, "\(what) has not ended in time\(told)\(away)")
    }
}
