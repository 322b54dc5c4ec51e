import Sluice
import SluiceInspector

/// Follows what Redis tells of the queues of a cell, each change after it is committed, and keeps all of it.
actor Recorder {
    private(set) var transitions: [Transition] = []
    /// When something was told last.
    private(set) var lastChange = ContinuousClock.now
    private(set) var states: [String: JobState] = [:]
    private var available: Set<String> = []
    /// Jobs that were not where a transition says they came from: then something was missed.
    private(set) var gaps = 0
    /// Jobs that have ended; none of them leaves that state here.
    private(set) var ended = 0
    /// Claims so far.
    private(set) var claims = 0
    /// Jobs that were taken from a worker, or had a failed run.
    private(set) var returned: Set<String> = []

    /// Follows until cancelled.
    func follow(_ all: Transitions) async throws {
        for try await transition in all { add(transition) }
    }

    private func add(_ transition: Transition) {
        lastChange = .now
        transitions.append(transition)
        for id in transition.ids.map(\.text) {
            if states[id] != transition.from { gaps += 1 }
            states[id] = transition.to
            if transition.to?.isEnded ?? false { ended += 1 }
            if transition.to == .executing { claims += 1 }
            if transition.from == .executing, transition.to?.isEnded == false { returned.insert(id) }
            if transition.to == .available { available.insert(id) } else { available.remove(id) }
        }
    }

    /// Whether there are jobs that could start.
    var hasWork: Bool { !available.isEmpty }
}
