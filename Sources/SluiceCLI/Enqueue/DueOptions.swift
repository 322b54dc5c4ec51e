import ArgumentParser
import Foundation
import SluiceCore
import SluiceInspector

/// The options for the due time of a job.
struct DueOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("The delay from now, such as 500ms, 30s, 5m, 1h30m.", valueName: "duration"),
        transform: { try DurationText.parse($0) })
    var delay: Duration?

    @Option(
        help: ArgumentHelp(
            "Due at this time: seconds since 1970, or 2026-11-22T08:30:00Z. Taken as it is: no clock of this host is asked; "
                + "what lies beyond the year 5138 counts as then.",
            valueName: "time"),
        transform: { try TimeText.parse($0) })
    var at: Int?

    func validate() throws {
        if delay != nil, at != nil { throw ValidationError("--delay and --at exclude each other") }
    }

    /// The due time; nil without an option.
    var due: DueTime? { delay.map(DueTime.after) ?? at.map { .at(Date(milliseconds: $0)) } }
}
