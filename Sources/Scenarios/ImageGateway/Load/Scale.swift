import ScenarioSupport

/// How much of everything.
struct Scale: NamedScale {
    var name: String
    /// Pictures that clients order.
    var orders: Int
    /// Orders under way at a time, at most, those for accounts in trouble apart.
    var window: Int
    /// Tasks that an account of the upstream works on at a time.
    var slots: Int
    var workers: Int
    /// Whether what depends on the speed of the machine is asserted, or only told.
    var assertsTimes: Bool

    /// The number of portions of the run: faults come with their numbers, not with time.
    static let portions = 10
    /// From this portion on two accounts are in trouble.
    static let trouble = 5
    static let queue = "gateway"
    static let secret = "a secret of the scenario image-gateway"
    /// Places of one worker; members of a chunk, and how long it gathers.
    static let concurrency = 50
    static let chunk = 25
    static let gathering = 0.05
    /// Runs for one account at a time, over all workers.
    static let perAccount = 16
    static let crashes = 3
    static let lease = Duration.seconds(5)
    /// How long an answer of the upstream may take.
    static let patience = Duration.seconds(1)
    static let cools = Duration.seconds(1)
    /// By when an order has ended: long enough that only what is in trouble reaches it.
    static let deadline = Duration.seconds(300)
    static let shortDeadline = Duration.seconds(8)
    /// A task that the upstream does not know is given up after this many looks.
    static let attempts = 5
    /// Tries of a web hook.
    static let hookTries = 6
    /// When the original asks again: 15 s, scaled as the tasks are.
    static let interval = Duration.milliseconds(1500)

    var portion: Int { orders / Self.portions }

    static let quick = Scale(name: "quick", orders: 500, window: 100, slots: 16, workers: 2, assertsTimes: false)
    static let original = Scale(name: "original", orders: 200, window: 100, slots: 16, workers: 2, assertsTimes: false)
    static let full = Scale(name: "full", orders: 10_000, window: 400, slots: 60, workers: 2, assertsTimes: true)

    static let all = [quick, original, full]
}
