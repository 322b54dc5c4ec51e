import Foundation

/// A program that this package builds.
package enum BuiltProgram {
    /// A program cannot be started.
    package struct Unusable: Error, CustomStringConvertible {
        package var description: String
    }

    /// Returns where a program is: it lies beside the tests.
    package static func path(_ name: String) throws(Unusable) -> String {
        let tests = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let found = [tests, package.appending(path: ".build/debug")].map { $0.appending(path: name).path }
            .first(where: FileManager.default.isExecutableFile(atPath:))
        guard let found else { throw Unusable(description: "\(name) is not built") }
        return found
    }
}
