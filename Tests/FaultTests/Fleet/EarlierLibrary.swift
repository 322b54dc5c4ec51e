import Foundation
import SluiceLua
import Subprocess
import SystemPackage

/// The function library of the build before this one.
struct EarlierLibrary {
    static let revision = FunctionLibrary.revision - 1

    /// Lua that has changed since, by module. Empty where there is no history to read it from: then the text is that of this build.
    private let modules: [String: String]

    /// Reads the files of `lua/` as they were before they changed last.
    static func read() async throws -> EarlierLibrary {
        var root = URL(fileURLWithPath: #filePath)
        for _ in 0..<4 { root.deleteLastPathComponent() }
        let directory = FileManager.default.temporaryDirectory.appending(path: "sluice-lua-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let script = """
            cd "$1" || exit 1
            last=$(git log -1 --format=%H -- lua 2>/dev/null) && [ -n "$last" ] || exit 1
            git archive --output "$2/lua.tar" "$last^" lua 2>/dev/null && tar -xf "$2/lua.tar" -C "$2"
            """
        let result = try await Subprocess.run(
            .path("/bin/sh"), arguments: Arguments(["-c", script, "sh", root.path, directory.path]), output: .discarded,
            error: .discarded)
        guard result.terminationStatus.isSuccess else { return EarlierLibrary(modules: [:]) }
        let files = try FileManager.default.subpathsOfDirectory(atPath: directory.path).filter { $0.hasSuffix(".lua") }
        let named = try files.map { file in
            let url = directory.appending(path: file)
            return (url.deletingPathExtension().lastPathComponent, try String(contentsOf: url, encoding: .utf8))
        }
        return EarlierLibrary(modules: Dictionary(named) { $1 })
    }

    /// The text as a program of that build loads it.
    func text(pinned: Bool = false) -> String {
        var modules = modules
        // What has gone since comes before the module that is last.
        let gone = modules.keys.filter { FunctionLibrary.modules[$0] == nil }.sorted()
        let before = gone.map { "modules['\($0)'] = function(M)\n\(modules[$0, default: ""])\nend\n" }.joined()
        if let library = modules["library"] { modules["library"] = before + library }
        return FunctionLibrary.text(pinned: pinned, replacing: modules, revision: Self.revision)
    }
}
