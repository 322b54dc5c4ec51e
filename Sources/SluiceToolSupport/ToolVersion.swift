import SluiceCore
import SluiceLua

/// The version of the tools.
package enum ToolVersion {
    package static let text = SluiceVersion.text
    /// The revision of the function library that it brings.
    package static let libraryRevision = FunctionLibrary.revision

    /// What a tool answers to `--version`.
    package static func line(of tool: String) -> String {
        "\(tool) \(text) (function library: protocol \(FunctionLibrary.protocolVersion), revision \(libraryRevision))"
    }
}
