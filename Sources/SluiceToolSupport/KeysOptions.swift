package import ArgumentParser
import Foundation
import SecretFiles
package import SluiceCore

/// The option for the keys of encrypted jobs, for commands that write or read them.
package struct KeysOptions: ParsableArguments {
    /// The environment variable that also names the file. Commands of exec workers do not receive it.
    package static let variable = "SLUICE_KEYS"

    @Option(
        help: ArgumentHelp(
            "A file with the keys of encrypted jobs, as `sluice keys new` prints it. Default: $SLUICE_KEYS.", valueName: "file"),
        completion: .file())
    package var keys: String?

    package init() {}

    /// The file that was named; nil if there is none.
    private var path: String? {
        let named = keys ?? ProcessInfo.processInfo.environment[Self.variable]
        return named.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Loads the keys; nil if no file was named.
    /// - Throws: `invalidArgument` if the file does not exist, others can change it, or it is not valid.
    package func load() throws(SluiceError) -> PayloadKeys? {
        guard let path else { return nil }
        return try Self.read(path)
    }

    /// Reads the file again, for all who have keys that were loaded from it.
    package func reload(_ keys: PayloadKeys?) -> SecretReload.Part? {
        guard let keys, let path else { return nil }
        return SecretReload.Part("keys") { try keys.replace(by: try Self.read(path)) }
    }

    private static func read(_ path: String) throws(SluiceError) -> PayloadKeys {
        let file: SecretFile
        do {
            file = try SecretFile(path, of: "keys")
        } catch {
            throw SluiceError(.invalidArgument, error.description)
        }
        if let warning = file.warning { Terminal.complain("warning: \(warning)") }
        do {
            return try PayloadKeys(json: file.text)
        } catch {
            throw SluiceError(.invalidArgument, "the keys in '\(path)' make no sense: \(error.message)")
        }
    }
}
