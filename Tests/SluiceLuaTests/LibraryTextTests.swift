import Foundation
import SluiceLua
import Testing

@Suite struct LibraryTextTests {
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
