import ScenarioSupport

/// What the controller of a cell did to it, and when, in microseconds since 1970.
struct CellEvents: Sendable {
    struct Blow: Sendable {
        enum Kind: Sendable { case killed, frozen }

        var kind: Kind
        var process: Int32
        /// When it was gone, or stood still.
        var time: Int
        /// When a frozen one went on.
        var until: Int?
    }

    /// A span of time.
    struct Span: Sendable {
        var from: Int
        var to: Int

        func contains(_ time: Int) -> Bool { from <= time && time <= to }
    }

    var blows: [Blow] = []
    /// From before Redis was stopped to when it answered again.
    var outages: [Span] = []
    /// From when a pause was in force to before it was lifted.
    var pauses: [Span] = []
    /// Jobs that were available in a pause.
    var heldByPause = 0
    /// Wake tokens that were taken away.
    var stolenTokens = 0
    /// When a newer revision of the library took the place of the workers' own.
    var newLibrary: Int?
    var concurrency: LimitHistory
    /// The value that the limit on concurrency was lowered to.
    var lowered: Int?
    /// What audits found while all went on.
    var violations: [String] = []
    var audits = 0
    /// Why not all of the script was played.
    var stalled = false
    /// When observation ended.
    var end = 0

    init(concurrency: Int?) { self.concurrency = LimitHistory(concurrency) }
}
