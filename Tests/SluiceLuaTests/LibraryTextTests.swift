import Foundation
import SluiceLua
import Testing

@Suite struct LibraryTextTests {
    /// The text that a revision stands for.
    private static let known = (revision: 49, digest: "48948e7d9faddeb")

    @Test func theRevisionRisesWithEveryChangeOfTheText() {
        #expect(
            FunctionLibrary.revision == Self.known.revision && FunctionLibrary.digest == Self.known.digest,
            """
            The Lua changed: raise FunctionLibrary.revision, or servers keep the old text, and write both down here. \
            Now they are \(FunctionLibrary.revision) and \(FunctionLibrary.digest).
            """)
    }

    @Test func theModulesAreTheFilesInLua() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "lua")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path())
        #expect(files.sorted() == FunctionLibrary.modules.keys.map { $0 + ".lua" }.sorted())
        for (name, source) in FunctionLibrary.modules {
            #expect(try String(contentsOf: folder.appending(path: name + ".lua"), encoding: .utf8) == source)
        }
    }
}
