import ArgumentParser
import Foundation
import SecretFiles
import SluiceCore
import SluiceToolSupport

/// The keys of encrypted jobs, for commands that write or read them.
struct KeysOptions: ParsableArguments {
    /// Names the file, too. Commands of workers do not get it.
    static let variable = "SLUICE_KEYS"

    @Option(
        help: ArgumentHelp(
            "A file with the keys of encrypted jobs, as `sluice keys new` prints it. Default: $SLUICE_KEYS.", valueName: "file"),
        completion: .file())
    var keys: String?

    /// The keys; nil where no file was named.
    /// - Throws: `invalidArgument` if there is no such file, or others can change it, or it makes no sense.
    func load() throws(SluiceError) -> PayloadKeys? {
        let named = keys ?? ProcessInfo.processInfo.environment[Self.variable]
        guard let path = named, !path.isEmpty else { return nil }
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
