import Foundation
import SluiceTesting
import SluiceToolSupport
import Testing

@testable import SluiceCLI

/// The one way out: nothing that a job, a server or a command says reaches a terminal raw.
@Suite(.timeLimit(.minutes(10)))
struct SafeTextTests {
    /// ESC, C1, direction, invisible, a line of Unicode's own, DEL.
    private static let controls = [
        "\u{1B}", "\u{9B}", "\u{202E}", "\u{2066}", "\u{200F}", "\u{2028}", "\u{7F}", "\u{7}", "\u{E0001}",
    ]

    private func isRaw(_ text: String) -> Bool { Self.controls.contains { text.contains($0) } }

    @Test(arguments: controls) func controlsAreShown(_ control: String) {
        for isColoured in [false, true] {
            #expect(!isRaw(SafeText.shown("a\(control)[2Jb", isColoured: isColoured)))
        }
        let json = SafeText.json(Array("{\"a\":\"x\(control)y\"}".utf8))
        #expect(!isRaw(String(decoding: json, as: UTF8.self)))
    }

    @Test func linesAndOurOwnColoursPass() {
        let text = "a\n" + Style(isColoured: true).paint("größe ✓", .red)
        #expect(SafeText.shown(text, isColoured: true) == text)
        #expect(SafeText.shown(text) == "a\n\\u{1b}[31mgröße ✓\\u{1b}[0m")
        #expect(SafeText.shown("\u{1B}[32;5mx", isColoured: true) == "\\u{1b}[32;5mx")
    }

    @Test func escapedJSONMeansTheSame() throws {
        let text = "ESC \u{1B} C1 \u{9B} RLO \u{202E} tag \u{E0001} größe ✓ \\"
        let encoded = try JSONEncoder().encode(["a": text])
        let safe = SafeText.json(Array(encoded))
        #expect(!isRaw(String(decoding: safe, as: UTF8.self)))
        #expect(try JSONDecoder().decode([String: String].self, from: Data(safe)) == ["a": text])
        #expect(String(decoding: SafeText.json(Array("{\r\n\t\"a\":1}".utf8)), as: UTF8.self) == "{ \n \"a\":1}")
    }

    @Test func whatAServerSaysIsShownOnStandardError() async throws {
        let server = try await RedisTestServer.start()
        let tool = try await Tool(server: server)
        _ = try await tool.run("enqueue", "mail")
        try await server.cli("HSET", "\(tool.namespace):{mail}:config", "format", "9\u{1B}[2J\u{9B}1m")
        let result = try await tool.run("status", "mail")
        #expect(result.status == 3 && !isRaw(result.error) && result.error.contains("9\\u{1b}[2J"), "\(result.error)")
    }

    @Test func whatAJobSaysIsEscapedInJSON() async throws {
        let tool = try await Tool()
        let arguments = "{\"a\":\"\u{9B}31m\u{202E}\u{7F}\"}"
        #expect(try await tool.run("enqueue", "mail", "--id", "a", "--args", arguments).status == 0)
        for words in [["jobs", "show", "a"], ["jobs", "list"], ["jobs", "show", "a", "--json"], ["jobs", "list", "--json"]] {
            let result = try await Tool.run(["--redis", tool.url, "--namespace", tool.namespace] + words)
            #expect(result.status == 0 && !isRaw(result.output), "\(words)")
        }
    }
}
