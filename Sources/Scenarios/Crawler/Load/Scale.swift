import ScenarioSupport

/// How much of everything.
struct Scale: NamedScale {
    var name: String
    /// Fingerprints; each is announced three times in the mean.
    var items: Int
    /// Calls that the API allows with a key in a second: those of the original, times ten or fifty.
    var ownRate: Int
    var sharedRate: Int
    var workers: Int
    /// Places of one worker.
    var concurrency: Int
    /// Jobs of a measured batch, and those that the operator changes in bulk.
    var batch: Int
    var bulk: Int
    /// Announcements that may wait in the lane of jobs without needs before more are sent.
    var backlog: Int
    /// Of jobs that need nothing, one in this many is written down.
    var sample: Int
    /// Whether what depends on the speed of the machine is asserted, or only told.
    var assertsTimes: Bool

    /// The number of portions of the run: faults come with their numbers, not with time.
    static let portions = 20
    static let repeats = 2
    static let queue = "crawl"
    /// The API, and its two keys.
    static let api = "metadata"
    static let ownKey = "own-key"
    static let sharedKey = "shared-key"
    static let period = Duration.seconds(1)
    static let probe = Duration.seconds(1)
    static let lease = Duration.seconds(5)
    static let retry = Duration.milliseconds(250)
    static let timeout = Duration.seconds(2)
    /// How long what the API said is good.
    static let good = Duration.seconds(3600)
    static let attempts = 5
    static let lookupAttempts = 20
    static let crashes = 3
    /// What the original allows; when it tries again what failed, and what could not be stored: 16 s and 30 s, scaled.
    static let originalAttempts = 3
    static let originalRetry = Duration.seconds(4)
    static let originalPause = Duration.milliseconds(30)
    /// An outcome that could not be stored so often never will be.
    static let hopeless = 30

    var portion: Int { items / Self.portions }

    func rate(of key: String) -> Int { key == Self.ownKey ? ownRate : sharedRate }

    static let quick = Scale(
        name: "quick", items: 20_000, ownRate: 200, sharedRate: 10, workers: 2, concurrency: 16, batch: 1000, bulk: 5000,
        backlog: 1000, sample: 1, assertsTimes: false)

    /// For the one worker of the original, which takes one job at a time.
    static let original = Scale(
        name: "original", items: 6000, ownRate: 200, sharedRate: 10, workers: 1, concurrency: 1, batch: 200, bulk: 1000,
        backlog: 1000, sample: 1, assertsTimes: false)

    static let full = Scale(
        name: "full", items: 1_000_000, ownRate: 1000, sharedRate: 50, workers: 2, concurrency: 64, batch: 20_000, bulk: 100_000,
        backlog: 50_000, sample: 16, assertsTimes: true)

    static let all = [quick, original, full]
}
