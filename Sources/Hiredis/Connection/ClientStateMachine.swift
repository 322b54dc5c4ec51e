/// What a client does next, decided without a socket: events go in, actions come out.
///
/// Attempts are numbered. An event that carries the number of an attempt other than the present one comes too late and
/// changes nothing.
struct ClientStateMachine: Sendable {
    enum State: Equatable, Sendable {
        /// No connection, and nobody wants one. To `connecting` when a call comes; to `closed`.
        case disconnected(failures: Int)
        /// To `connected`, `backingOff` or `closed`.
        case connecting(attempt: Int, failures: Int)
        /// To `disconnected` when the connection is lost; to `closed`.
        case connected(attempt: Int)
        /// An attempt failed not long ago. To `connecting` if calls wait at the end of the pause, else `disconnected`; to `closed`.
        case backingOff(attempt: Int, failures: Int)
        /// The end.
        case closed
    }

    enum CallsAction: Equatable {
        case connect(attempt: Int)
        case write
        case wait
        case refuse
    }

    enum AttemptAction: Equatable {
        /// Write what waits on the new connection.
        case use
        /// Fail what waits, and come back with `backoffElapsed` after the pause for so many failures in a row.
        case failWaitingAndBackOff(attempt: Int, failures: Int)
        /// Close the connection, if there is one: nobody wants it any more.
        case discard
    }

    private(set) var state = State.disconnected(failures: 0)
    private var attempts = 0

    mutating func callsArrived() -> CallsAction {
        switch state {
        case .disconnected(let failures): .connect(attempt: begin(failures: failures))
        case .connecting, .backingOff: .wait
        case .connected: .write
        case .closed: .refuse
        }
    }

    mutating func attemptSucceeded(_ attempt: Int) -> AttemptAction {
        guard case .connecting(attempt, _) = state else { return .discard }
        state = .connected(attempt: attempt)
        return .use
    }

    mutating func attemptFailed(_ attempt: Int) -> AttemptAction {
        guard case .connecting(attempt, let failures) = state else { return .discard }
        state = .backingOff(attempt: attempt, failures: failures + 1)
        return .failWaitingAndBackOff(attempt: attempt, failures: failures + 1)
    }

    /// The number of the attempt to make, if the pause is over and calls wait for it.
    mutating func backoffElapsed(_ attempt: Int, callsWait: Bool) -> Int? {
        guard case .backingOff(attempt, let failures) = state else { return nil }
        guard callsWait else {
            state = .disconnected(failures: failures)
            return nil
        }
        return begin(failures: failures)
    }

    mutating func connectionLost(_ attempt: Int) {
        guard case .connected(attempt) = state else { return }
        state = .disconnected(failures: 0)
    }

    mutating func close() {
        state = .closed
    }

    private mutating func begin(failures: Int) -> Int {
        attempts += 1
        state = .connecting(attempt: attempts, failures: failures)
        return attempts
    }
}
