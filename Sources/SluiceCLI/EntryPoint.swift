import SluiceToolSupport

/// Runs the command.
@main
enum EntryPoint {
    static func main() async { await ToolProcess.run(SluiceTool.self, settings: .worker) }
}
