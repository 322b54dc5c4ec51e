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
}
