import Hiredis
import SluiceLua
import SluiceStore
import SluiceTesting
import Testing

/// The library of functions, seen and loaded by the tool.
@Suite(.timeLimit(.minutes(10)))
struct LibraryToolTests {
    @Test func theLibraryIsShownAndVersioned() async throws {
        let tool = try await Tool()
        let shown = try await Tool.run(["library", "show"])
        #expect(shown.status == 0)
        #expect(shown.output.hasPrefix("#!lua name=sluice\n"))
        struct Versions: Decodable {
            struct Version: Decodable, Equatable { var `protocol`: Int; var revision: Int; var pinned: Bool? }
            var tool: Version
            var server: Version?
        }
        let versions = try await tool.run("library", "version", "--json").decoded(Versions.self)
        #expect(versions.server?.revision == versions.tool.revision)
        #expect(versions.server?.pinned == false)
    }

    @Test func aPinnedLibraryStays() async throws {
        let tool = try await Tool(server: try await RedisTestServer.start())
        #expect(try await tool.run("library", "load", "--pin").output.contains("pinned"))
        #expect(try await tool.run("library", "version", "--json").output.contains(#""pinned":true"#))
        #expect(try await tool.run("library", "load").status == 0)
        #expect(try await tool.run("library", "version", "--json").output.contains(#""pinned":false"#))
    }

    /// What runs at each start leaves a pin in place. Red if `--if-older` replaces what is there.
    @Test func aLoadIfOlderKeepsWhatIsPinnedOrNewer() async throws {
        let tool = try await Tool(server: try await RedisTestServer.start())
        let revision = FunctionLibrary.revision
        let first = try await tool.run("library", "load", "--if-older")
        #expect(first.status == 0 && first.output == "the server has revision \(revision)\n", "\(first)")
        let store = Store(try RedisConfiguration(url: tool.url), loadsLibrary: false)
        for (number, isPinned) in [(revision - 1, true), (revision + 1, false)] {
            try await store.run(
                ["FUNCTION", "LOAD", "REPLACE", FunctionLibrary.text(pinned: isPinned, revision: number)], node: nil)
            let kept = try await tool.run("library", "load", "--if-older", "--json")
            #expect(kept.status == 0, "\(kept)")
            let found = try await store.libraryVersion()
            #expect(found?.revision == number && found?.isPinned == isPinned)
        }
        // An older one that is not pinned, and none.
        for command in [["FUNCTION", "LOAD", "REPLACE", FunctionLibrary.text(revision: revision - 1)], ["FUNCTION", "FLUSH"]] {
            try await store.run(command, node: nil)
            #expect(try await tool.run("library", "load", "--if-older").status == 0)
            #expect(try await store.libraryVersion()?.revision == revision)
        }
        await store.close()
        #expect(try await Tool.run(["library", "load", "--if-older", "--pin"]).status == 2)
    }
}
