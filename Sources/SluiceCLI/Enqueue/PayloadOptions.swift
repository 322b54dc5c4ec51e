import ArgumentParser
import Sluice
import SluiceCore
import SluiceToolSupport

/// The options for writing and showing the arguments of new jobs.
struct PayloadOptions: ParsableArguments {
    @Flag(help: "Encrypt the arguments and the result, with the keys of --keys.")
    var encrypt = false

    @OptionGroup var keys: KeysOptions

    @Option(
        help: ArgumentHelp(
            "A field of the arguments and the result that is never shown; may be repeated.", valueName: "name"))
    var redact: [String] = []

    @Option(help: ArgumentHelp("The version of the arguments.", valueName: "n"))
    var argsVersion = 1

    @OptionGroup var size: PayloadLimitOption

    func validate() throws {
        if argsVersion < 1 { throw ValidationError("--args-version takes 1 or more") }
    }

    /// Loads the keys, if they are needed.
    func neededKeys() throws -> PayloadKeys? {
        if !encrypt { return nil }
        guard let keys = try keys.load() else { throw ValidationError("--encrypt needs keys: --keys FILE") }
        return keys
    }

    func apply(to request: inout JobRequest) {
        request.isEncrypted = encrypt
        request.redacted = redact
        request.version = argsVersion
    }
}
