/// What is checked, by the numbers that tests and documents name.
enum Requirement: Int, Sendable, CaseIterable {
    case outcomesStored = 1, oneLive, locksEnd, boundedRuns, laterDue, outage, recovery, rate, bulk, conservation, visible,
        timeout,
        retriesServed, switching, sharedKey

    var name: String { "B\(rawValue)" }

    var text: String {
        switch self {
        case .outcomesStored: "recording an outcome never fails because of another job"
        case .oneLive: "a fingerprint has one live job at most, whatever its state, and enqueueing says which"
        case .locksEnd: "no lock outlives its job, however that ended"
        case .boundedRuns: "a job runs at most its attempts and the crashes allowed, whatever it does"
        case .laterDue: "a job that failed is due later"
        case .outage: "an outage is no failure: who needs the API waits, no attempt spent; who does not goes on"
        case .recovery: "work resumes by itself, within a probe's interval"
        case .rate: "calls keep to the rate in any window, over all workers, retries included"
        case .bulk: "an operator changes many jobs at once, in bounded steps"
        case .conservation: "no job is lost or made up: enqueued = present + removed, at every instant"
        case .visible: "depth and age of what waits can be seen, and a mark refuses what goes beyond it"
        case .timeout: "a run that takes too long is cancelled, and what it still writes is refused"
        case .retriesServed: "what is retried is served within a bound, however much comes in"
        case .switching: "the API can be switched off and on while all runs"
        case .sharedKey: "the shared key is warned of, in log and metrics"
        }
    }
}
