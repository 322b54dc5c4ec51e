import Foundation
import SluiceCore
import Testing

@testable import SluiceCLI

/// How `--exec` becomes a program and its arguments.
struct WorkerCommandLineTests {
    @Test(arguments: [
        ("", []),
        (" \t\n ", []),
        ("a", ["a"]),
        ("  a  b\tc\n", ["a", "b", "c"]),
        ("a 'b c' d", ["a", "b c", "d"]),
        (#"a "b c" d"#, ["a", "b c", "d"]),
        ("a'b'c", ["abc"]),
        (#"a"b 'c'"d"#, ["ab 'c'd"]),
        ("'' a \"\"", ["", "a", ""]),
        (#"a\ b \'c \\"#, ["a b", "'c", "\\"]),
        (#"'a\b' 'c"d'"#, ["a\\b", "c\"d"]),
        (#""a\"b\\c\nd""#, [#"a"b\c\nd"#]),
        ("$HOME *.txt `x` a|b ; ~ #c", ["$HOME", "*.txt", "`x`", "a|b", ";", "~", "#c"]),
        ("übung 'ß€😀'", ["übung", "ß€😀"]),
        ("e\u{301}'a'", ["e\u{301}a"]),
    ])
    func words(_ text: String, _ words: [String]) throws {
        #expect(try CommandLineText.split(text) == words)
    }

    @Test(arguments: ["a 'b", "a \"b", "a \"b\\\"", "a\\", "'a\" b", "a\0b"])
    func unfinishedOnesAreRefused(_ text: String) {
        #expect(throws: SluiceError.self) { try CommandLineText.split(text) }
    }

    @Test func programsAreFoundOnce() throws {
        #expect(try ProgramSearch.find("sh", in: "/nonexistent::/bin:/usr/bin") == "/bin/sh")
        #expect(try ProgramSearch.find("/bin/sh", in: "") == "/bin/sh")
        for (name, path) in [
            ("sh", "/nonexistent"), ("sh", ""), ("/bin", "/"), ("bin", "/"), ("/etc/passwd", ""), ("./sh", "/bin"),
        ] {
            #expect(throws: SluiceError.self, "\(name) in \(path)") { try ProgramSearch.find(name, in: path) }
        }
    }

    @Test func aCommandKeepsItsName() throws {
        let command = try ExecCommand("sh -c 'exit 3'", searchPath: "/bin")
        #expect(command.path == "/bin/sh")
        #expect(command.words == ["sh", "-c", "exit 3"])
        #expect(throws: SluiceError.self) { try ExecCommand("  ") }
        #expect(throws: SluiceError.self) { try ExecCommand("'' a") }
    }

    @Test(arguments: [
        (["worker", "q"], "exec"), (["worker", "--exec", "cat"], "queue"), (["worker", "q", "q", "--exec", "cat"], "twice"),
        (["worker", "q", "--exec", "cat", "--lease", "1ms"], "--lease"), (["worker", "a b", "--exec", "cat"], "queue name"),
        (["worker", "q", "--exec", "cat", "--concurrency", "0"], "--concurrency"),
        (["worker", "q", "--exec", "cat", "--ack", "x"], "batched"),
        (["worker", "q", "--exec", "cat", "--version-label", ""], "--version-label"),
        (["worker", "q", "--exec", "cat", "--version-label", String(repeating: "1", count: 129)], "--version-label"),
        (["worker", "q", "--exec", "cat", "--limit", "concurrency=0"], "1 to"),
        (["worker", "q", "--exec", "cat", "--limit", "rate=5/0s/host"], "31 days"),
        (["worker", "q", "--exec", "cat", "--limit", "speed=5"], "no limit"),
        (["worker", "q", "--exec", "cat", "--limit", "concurrency=1", "--limit", "concurrency=2"], "twice"),
        (["worker", "q", "--exec", "cat", "--dependency", "a b"], "a b"),
        (["worker", "q", "--exec", "cat", "--deploy=-1"], "--deploy"),
        (["worker", "q", "--exec", "no-such-program-here"], "command not found"), (["worker", "q", "--exec", "a 'b"], "quote"),
    ])
    func mistakesEndBeforeAnythingRuns(_ arguments: [String], _ hint: String) async throws {
        let result = try await Tool.run(["--redis", "unix:///nonexistent"] + arguments)
        #expect(result.status == 2)
        #expect(result.error.contains(hint), "\(result.error)")
        #expect(result.error.split(separator: "\n").count == 1)
    }
}
