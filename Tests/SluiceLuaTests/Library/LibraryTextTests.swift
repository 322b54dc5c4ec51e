import Foundation
import SluiceLua
import Testing

@Suite struct LibraryTextTests {
    /// The text that a revision stands for.
    private static let known = (revision: 87, digest: "90ea17b19f38a4d9")

    @Test func theRevisionRisesWithEveryChangeOfTheText() {
        #expect(
            FunctionLibrary.revision == Self.known.revision && FunctionLibrary.digest == Self.known.digest,
            """
            The Lua changed: raise FunctionLibrary.revision, or servers keep the old text, and write both down here. \
            Now they are \(FunctionLibrary.revision) and \(FunctionLibrary.digest).
            """)
    }

    @Test func theModulesAreTheFilesInLua() throws {
        var package = URL(filePath: #filePath)
        for _ in 0..<4 { package.deleteLastPathComponent() }
        let files = try FileManager.default.subpathsOfDirectory(atPath: package.appending(path: "lua").path())
            .filter { $0.hasSuffix(".lua") }
        let names = files.map { URL(filePath: $0).deletingPathExtension().lastPathComponent }
        #expect(names.sorted() == FunctionLibrary.modules.keys.sorted())
        for (name, file) in zip(names, files) {
            let text = try String(contentsOf: package.appending(path: "lua/\(file)"), encoding: .utf8)
            #expect(text == FunctionLibrary.modules[name])
        }
    }
}
