import Subprocess
import SystemPackage
import TestSupport

/// A scenario as people run it.
struct ScenarioProgram {
    struct Result {
        var status: TerminationStatus
        var output: String
        var error: String

        /// The mark of each requirement, which a letter and a number name.
        var marks: [String: String] {
            let rows = output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
            let pairs = rows.filter { $0.count > 2 && $0[0].wholeMatch(of: /[BN]\d+/) != nil }.map { ($0[0], $0[1]) }
            return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
        }
    }

    let name: String

    private var path: String { get throws { try BuiltProgram.path(name) } }

    func callAsFunction(_ arguments: String...) async throws -> Result {
        var platform = PlatformOptions()
        platform.teardownSequence = [.send(signal: .terminate, allowedDurationToNextStep: .seconds(5))]
        let result = try await Subprocess.run(
            .path(FilePath(try path)), arguments: Arguments(arguments), platformOptions: platform, input: .none,
            output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        return Result(status: result.terminationStatus, output: result.standardOutput, error: result.standardError)
    }
}
