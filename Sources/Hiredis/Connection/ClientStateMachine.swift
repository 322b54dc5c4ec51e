/// Decides without a socket what a client does next: events go in, actions come out.
///
/// Attempts are numbered. An event with the number of an earlier attempt is late, and changes nothing.
struct ClientStateMachine: Sendable {
    enum State: Equatable, Sendable {
        /// No connection, and none is needed. To `connecting` when a call comes; to `closed`.
        case disconnected(failures: Int)
        /// To `connected`, `backingOff` or `closed`.
        case connecting(attempt: Int, failures: Int)
        /// To `disconnected` when the connection is lost, to `backingOff` when the server is demoted; to `closed`.
        case connected(attempt: Int)
        /// An attempt failed recently, or found a server that is no primary. To `connecting` if calls wait at the end of the pause, else `disconnected`; to `closed`.
        case backingOff(attempt: Int, failures: Int)
        /// The final state.
        case closed
    }

    enum CallsAction: Equatable {
        case connect(attempt: Int)
        case write
        case wait
        case refuse
    }

    enum AttemptAction: Equatable {
        /// Write the waiting calls to the new connection.
        case use
        /// Fail the waiting calls. Send `backoffElapsed` after the pause for this number of failures in a row.
        case failWaitingAndBackOff(attempt: Int, failures: Int)
        /// Close the connection, if there is one: it is no longer needed.
        case discard
    }

    /// A connection that has lasted so long forgets the demotions before it.
    static let settled = Duration.seconds(10)

    private(set) var state = State.disconnected(failures: 0)
    private var attempts = 0
    /// In a row. A replica that is taken for the primary is not to be called again and again without a pause.
    private var demotions = 0

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

    /// The number of the next attempt, if the pause is over and calls wait.
    mutating func backoffElapsed(_ attempt: Int, callsWait: Bool) -> Int? {
        guard case .backingOff(attempt, let failures) = state else { return nil }
        guard callsWait else {
            state = .disconnected(failures: failures)
            return nil
        }
        return begin(failures: failures)
    }

    /// The server answers that it is no primary, after so long a connection. Returns the number of demotions in a row if the
    /// connection is to be dropped: send `backoffElapsed` after the pause for it. Nil if the news is late.
    mutating func demoted(_ attempt: Int, after lasted: Duration) -> Int? {
        guard case .connected(attempt) = state else { return nil }
        demotions = lasted < Self.settled ? demotions + 1 : 1
        state = .backingOff(attempt: attempt, failures: demotions)
        return demotions
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
