import ScenarioSupport
import Sluice

/// What came of a cell.
struct CellResult: Sendable {
    var cell: Cell
    var verdicts: [Promise: Verdict] = [:]
    /// The state of each job in the end.
    var finals: [String: JobState] = [:]
    var jobs = 0
    var runs = 0
    var stolenTokens = 0
    var elapsed = Duration.zero
    /// Why there are no verdicts.
    var failure: String?
}
