import ArgumentParser
import Foundation
import SluiceCore

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
    /// - Throws: `invalidArgument` if there is no such file, or others can read it, or it makes no sense.
    func load() throws(SluiceError) -> PayloadKeys? {
        let named = keys ?? ProcessInfo.processInfo.environment[Self.variable]
        guard let path = named, !path.isEmpty else { return nil }
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw SluiceError(.invalidArgument, "the file of keys '\(path)' cannot be read")
        }
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        if let mode = attributes?[.posixPermissions] as? Int, mode & 0o077 != 0 {
            throw SluiceError(.invalidArgument, "others can read the keys in '\(path)': chmod 600 \(path)")
        }
        do {
            return try PayloadKeys(json: text)
        } catch {
            throw SluiceError(.invalidArgument, "the keys in '\(path)' make no sense: \(error.message)")
        }
    }
}
