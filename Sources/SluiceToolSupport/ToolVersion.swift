import SluiceLua

/// The version of the tools.
package enum ToolVersion {
    package static let text = "0.1.0"

    /// What a tool answers to `--version`.
    package static func line(of tool: String) -> String {
        "\(tool) \(text) (function library: protocol \(FunctionLibrary.protocolVersion), revision \(FunctionLibrary.revision))"
    }
}
