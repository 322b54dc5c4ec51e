import ScenarioSupport

/// Runs the command.
@main
enum EntryPoint {
    static func main() async { await Launch.run(CrawlerCommand.self) }
}
