import Testing

@testable import Hiredis

@Suite struct ClientStateMachineTests {
    @Test func connectsAtTheFirstCallAndGathersTheOthers() {
        var machine = ClientStateMachine()
        #expect(machine.callsArrived() == .connect(attempt: 1))
        #expect(machine.callsArrived() == .wait)
        #expect(machine.attemptSucceeded(1) == .use)
        #expect(machine.callsArrived() == .write)
        #expect(machine.state == .connected(attempt: 1))
    }

    @Test func pausesAfterAFailureAndConnectsForThoseWhoWait() {
        var machine = ClientStateMachine()
        _ = machine.callsArrived()
        #expect(machine.attemptFailed(1) == .failWaitingAndBackOff(attempt: 1, failures: 1))
        #expect(machine.callsArrived() == .wait)
        #expect(machine.backoffElapsed(1, callsWait: true) == 2)
        #expect(machine.attemptFailed(2) == .failWaitingAndBackOff(attempt: 2, failures: 2))
    }

    @Test func remembersFailuresWhileNobodyCallsAndForgetsThemOnSuccess() {
        var machine = ClientStateMachine()
        _ = machine.callsArrived()
        _ = machine.attemptFailed(1)
        #expect(machine.backoffElapsed(1, callsWait: false) == nil)
        #expect(machine.state == .disconnected(failures: 1))
        #expect(machine.callsArrived() == .connect(attempt: 2))
        #expect(machine.attemptFailed(2) == .failWaitingAndBackOff(attempt: 2, failures: 2))
        #expect(machine.backoffElapsed(2, callsWait: true) == 3)
        #expect(machine.attemptSucceeded(3) == .use)
        machine.connectionLost(3)
        #expect(machine.state == .disconnected(failures: 0))
        #expect(machine.callsArrived() == .connect(attempt: 4))
    }

    @Test func ignoresNewsOfAttemptsThatAreOver() {
        var machine = ClientStateMachine()
        _ = machine.callsArrived()
        _ = machine.attemptFailed(1)
        // The attempt ran into its timeout, and succeeds after all.
        #expect(machine.attemptSucceeded(1) == .discard)
        _ = machine.backoffElapsed(1, callsWait: true)
        #expect(machine.attemptFailed(1) == .discard)
        #expect(machine.attemptSucceeded(1) == .discard)
        #expect(machine.backoffElapsed(1, callsWait: true) == nil)
        #expect(machine.attemptSucceeded(2) == .use)
        machine.connectionLost(1)
        #expect(machine.state == .connected(attempt: 2))
    }

    /// Red if a replica that is taken for the primary is called again and again without a pause.
    @Test func aDemotionPausesLongerEachTimeUntilAConnectionLasts() {
        var machine = ClientStateMachine()
        _ = machine.callsArrived()
        _ = machine.attemptSucceeded(1)
        #expect(machine.demoted(1, after: .seconds(1)) == 1)
        #expect(machine.state == .backingOff(attempt: 1, failures: 1))
        #expect(machine.callsArrived() == .wait)
        #expect(machine.demoted(1, after: .seconds(1)) == nil, "it was told already")
        machine.connectionLost(1)
        #expect(machine.backoffElapsed(1, callsWait: true) == 2)
        _ = machine.attemptSucceeded(2)
        #expect(machine.demoted(2, after: .seconds(1)) == 2)
        #expect(machine.backoffElapsed(2, callsWait: false) == nil)
        #expect(machine.state == .disconnected(failures: 2))
        #expect(machine.callsArrived() == .connect(attempt: 3))
        _ = machine.attemptSucceeded(3)
        #expect(machine.demoted(3, after: ClientStateMachine.settled) == 1)
    }

    @Test func closedIsTheEnd() {
        var machine = ClientStateMachine()
        _ = machine.callsArrived()
        machine.close()
        #expect(machine.attemptSucceeded(1) == .discard)
        #expect(machine.attemptFailed(1) == .discard)
        #expect(machine.backoffElapsed(1, callsWait: true) == nil)
        machine.connectionLost(1)
        #expect(machine.callsArrived() == .refuse)
        #expect(machine.state == .closed)
    }

    @Test func theBackoffDoublesToItsCapWithHalfOfItRandom() {
        let backoff = Backoff()
        #expect(backoff.delay(failures: 1, random: 1) == .milliseconds(50))
        #expect(backoff.delay(failures: 1, random: 0) == .milliseconds(25))
        #expect(backoff.delay(failures: 3, random: 1) == .milliseconds(200))
        #expect(backoff.delay(failures: 7, random: 1) == .seconds(2))
        #expect(backoff.delay(failures: 1_000_000, random: 0.5) == .milliseconds(1_500))
    }
}
