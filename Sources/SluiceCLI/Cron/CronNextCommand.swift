import ArgumentParser
import Foundation
import SluiceCore
import SluiceInspector
import SluiceToolSupport

struct CronNextCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "next", abstract: "Show the next ticks of a schedule. Needs no Redis.",
        discussion: "From now by the clock of this host, or from --from.")

    @OptionGroup var global: GlobalOptions

    @Argument(help: "The schedule, as for `cron add`.")
    var expression: String

    @Option(help: ArgumentHelp("A time zone, such as Europe/Berlin.", valueName: "zone"))
    var tz = "UTC"

    @Option(help: "The number of ticks.")
    var count = 5

    @Option(help: ArgumentHelp("Show the ticks after this time.", valueName: "time"), transform: { try TimeText.parse($0) })
    var from: Int?

    func validate() throws {
        if !(1...1000).contains(count) { throw ValidationError("--count is 1 to 1000") }
    }

    func run() async throws {
        let parsed = try CronExpression(expression)
        let zone = try CronZone.named(tz)
        let now = Date()
        let ticks = NextTicks(of: parsed, in: zone, after: from.map(Date.init(milliseconds:)) ?? now, count: count)
        if global.json {
            try Terminal.output.json(ticks.json)
        } else {
            try Terminal.output.lines(
                ticks.times.map { "\(LocalTime.text($0, in: zone))  \(HumanText.age($0, at: now))" })
        }
    }
}
