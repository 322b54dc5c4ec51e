/// A job in the model.
struct ModelJob {
    enum State { case available, executing, scheduled, retryable, cancelled, discarded }

    let id: Int
    /// Position in `World.lanes`.
    let lane: Int
    let priority: Int
    var state = State.available
    /// Where it stands in its lane, or stood before it ran; while it waits for a time, where it will stand, nil for a new place.
    var place: Int?
    /// In ms, while it waits for a time. Nil for a suspect whose turn the model has not heard of yet.
    var due: Int?
    var isSuspect = false
    var crashes = 0
    /// The fence of the run that was its last crash, unless that was taken back; how many were.
    var died: Int?
    var lapses = 0
    var waits = 0
    /// The run, while there is one.
    var worker = ""
    var fence = 0
    var started = 0
    /// Gates at which it holds a place, by position in `World.gates`.
    var held: [Int] = []
    var isToCancel = false

    init(id: Int, lane: Int, priority: Int) {
        self.id = id
        self.lane = lane
        self.priority = priority
    }

    /// Text of an id: all of one length, so that they sort like the numbers.
    static func text(_ id: Int) -> String { texts[id] }
    static func id(_ text: some StringProtocol) -> Int { Int(text.dropFirst()) ?? -1 }
    /// How many ids there are.
    static let count = 2000
    private static let texts = (0..<count).map { "j" + String(10_000 + $0).dropFirst() }
}
