import ArgumentParser
import SluiceCore
import SluiceToolSupport

/// The options for a job's uniqueness.
struct UniqueOptions: ParsableArguments {
    private enum Ending: String, ExpressibleByArgument, CaseIterable { case end, start }

    @Option(help: ArgumentHelp("Add nothing while a job of the queue with the same key has not ended.", valueName: "key"))
    var unique: String?

    @Flag(help: "The same for jobs with the same kind and arguments.")
    var uniqueArgs = false

    @Option(
        name: .customLong("unique-until"),
        help: ArgumentHelp(
            "Until when the job is unique: its end, or the start of its first run. (default: end)", valueName: "end|start")
    )
    private var ending: Ending?

    @Option(
        name: .customLong("unique-for"),
        help: ArgumentHelp(
            "The job stays unique for this time from now, even if it ends earlier, such as 1h.", valueName: "duration"),
        transform: { try DurationText.parse($0) })
    var period: Duration?

    @Option(
        name: .customLong("on-conflict"),
        help: ArgumentHelp(
            "If there is an equal job: keep it, replace its arguments, run it again after its present run, or fail. (default: keep)",
            valueName: "keep|replace|again|fail"),
        transform: { try conflict($0) })
    private var conflict: Unique.Conflict?

    func validate() throws {
        if unique != nil, uniqueArgs { throw ValidationError("--unique and --unique-args exclude each other") }
        if unique?.isEmpty == true { throw ValidationError("--unique takes a key that is not empty") }
        if ending != nil, period != nil { throw ValidationError("--unique-until and --unique-for exclude each other") }
        if period == .zero { throw ValidationError("--unique-for must be above 0") }
        if unique == nil, !uniqueArgs, ending != nil || period != nil || conflict != nil {
            throw ValidationError("--unique-until, --unique-for and --on-conflict go with --unique or --unique-args")
        }
    }

    private static func conflict(_ text: String) throws(SluiceError) -> Unique.Conflict {
        if let conflict = Unique.Conflict(rawValue: text) { return conflict }
        throw SluiceError(.invalidArgument, "'\(text)' is none of keep, replace, again, fail")
    }

    /// The uniqueness; nil for a job that is not unique.
    var choice: Unique? {
        guard unique != nil || uniqueArgs else { return nil }
        let basis = unique.map { Unique.Basis.key($0) } ?? .arguments
        let conflict = conflict ?? .keepExisting
        if let period { return .for(period, by: basis, onConflict: conflict) }
        return ending == .start
            ? .untilStarted(by: basis, onConflict: conflict) : .whileLive(by: basis, onConflict: conflict)
    }
}
