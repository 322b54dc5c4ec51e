import Foundation
import SluiceTesting
import Subprocess
import TestSupport
import Testing

/// `deploy/install`: what it installs works where it is, without the checkout, and a release says what it is made of.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct InstallTests {
    private let folder: TestFolder

    init() throws { folder = try TestFolder() }

    private func path(_ name: String) -> String { folder.path + "/" + name }

    private func decode<Value: Decodable>(_: Value.Type, _ text: String) throws -> Value {
        try JSONDecoder().decode(Value.self, from: Data(text.utf8))
    }

    @Test func whatIsInstalledWorksWithoutTheCheckout() async throws {
        let installed = try await Installer.install(["/opt/queue"], destination: folder.path)
        #expect(installed.status == 0, "\(installed.error)")
        #expect(installed.lines == Installer.tools.map { path("opt/queue/bin/\($0)") })
        try await expectToolsRun()
        try await expectJobsRun()
        try await expectCompletions()
        try await expectManual()
        let listed = try String(contentsOfFile: path("opt/queue/share/sluice/files"), encoding: .utf8)
        let listedFiles = listed.split(separator: "\n").map { "opt/queue/\($0)" } + ["opt/queue/share/sluice/files"]
        #expect(listedFiles.sorted() == folder.files())

        // A page of an earlier version, and a file that another package has put beside ours.
        let (stale, foreign) = ("opt/queue/share/man/man1/sluice-stale.1", "opt/queue/bin/other")
        for name in [stale, foreign] { try Data().write(to: URL(fileURLWithPath: path(name))) }
        let files = path("opt/queue/share/sluice/files")
        try (listed + "share/man/man1/sluice-stale.1\n").write(toFile: files, atomically: true, encoding: .utf8)
        #expect(try await Installer.install(["/opt/queue"], destination: folder.path).status == 0)
        #expect(folder.files() == (listedFiles + [foreign]).sorted())

        #expect(try await Installer.install(["--uninstall", "/opt/queue"], destination: folder.path).status == 0)
        #expect(folder.files() == [foreign])
        let again = try await Installer.install(["--uninstall", "/opt/queue"], destination: folder.path)
        #expect(again.status == 1)
        #expect(again.error.contains("nothing that this script has installed"))
    }

    /// In an empty environment, from another directory.
    private func expectToolsRun() async throws {
        for tool in Installer.tools {
            let said = try await Installer.run(path("opt/queue/bin/\(tool)"), ["--version"], environment: .custom([:]))
            #expect(said.status == 0, "\(tool): \(said.error)")
            #expect(said.output.hasPrefix("\(tool) "))
        }
    }

    private func expectJobsRun() async throws {
        let server = try await RedisTestServer.start()
        let sluice = path("opt/queue/bin/sluice")
        func say(_ arguments: String...) async throws -> Said {
            try await Installer.run(sluice, ["--redis", server.url] + arguments, environment: .custom([:]))
        }
        let added = try await say("enqueue", "mail", "--args", #"{"to":"a"}"#)
        #expect(added.status == 0, "\(added.error)")
        let id = added.output.trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(try await say("jobs", "show", "--queue", "mail", id).status == 0)
        #expect(try await say("audit").status == 0)
    }

    private func expectCompletions() async throws {
        let folders = [
            ("bash", "bash -n", "bash-completion/completions/", ""), ("zsh", "zsh -n", "zsh/site-functions/_", ""),
            ("fish", "fish --no-execute", "fish/vendor_completions.d/", ".fish"),
        ]
        for (shell, check, place, suffix) in folders {
            let isThere = try await Installer.shell("command -v \(shell)").status == 0
            for tool in Installer.tools {
                let file = path("opt/queue/share/\(place)\(tool)\(suffix)")
                let text = try String(contentsOfFile: file, encoding: .utf8)
                #expect(text.contains(tool), "\(shell): \(tool)")
                guard isThere else { continue }
                let said = try await Installer.shell("\(check) \"$1\"", file)
                #expect(said.status == 0, "\(shell): \(tool): \(said.error)")
            }
        }
        // Bash knows the tool by its name once it has read the file.
        let known = try await Installer.shell(
            "bash --norc -c '. \"$1\" && complete -p sluice' bash \"$1\"",
            path("opt/queue/share/bash-completion/completions/sluice"))
        #expect(known.output.contains("complete"), "\(known.error)")
    }

    private func expectManual() async throws {
        var wanted: [String] = []
        for tool in Installer.tools {
            let dump = try await Installer.run(
                path("opt/queue/bin/\(tool)"), ["--experimental-dump-help"], environment: .custom([:]))
            wanted += try decode(CommandDescription.Dump.self, dump.output).command.pages()
        }
        #expect(wanted.count > 50)
        let manual = "opt/queue/share/man/man1/"
        let found = folder.files().filter { $0.hasPrefix(manual) }.map { String($0.dropFirst(manual.count)) }
        #expect(found == wanted.sorted())
        for page in found {
            let text = try String(contentsOfFile: path(manual + page), encoding: .utf8)
            for part in [".TH ", "\"2023-11-14\"", ".SH NAME", ".SH SYNOPSIS"] {
                #expect(text.contains(part), "\(page) lacks \(part)")
            }
        }
        let pages = "cd \"$1\" && for page in *.1; do"
        if try await Installer.shell("command -v mandoc").status == 0 {
            let said = try await Installer.shell("\(pages) mandoc -Tlint -Wwarning \"$page\" || exit 1; done", path(manual))
            #expect(said.status == 0, "\(said.output.prefix(2000))")
        } else if try await Installer.shell("command -v groff").status == 0 {
            let said = try await Installer.shell("\(pages) groff -man -ww -z -Tutf8 \"$page\" 2>&1; done", path(manual))
            #expect(said.output == "")
        }
    }

    @Test func aReleaseIsTheSameTwiceAndSaysWhatItIsMadeOf() async throws {
        let built = try standIns()
        let first = try await Installer.install(["--release", path("first")], built: built)
        #expect(first.status == 0, "\(first.error)")
        #expect(try await Installer.install(["--release", path("second")], built: built).status == 0)
        let names = first.lines.map { URL(fileURLWithPath: $0).lastPathComponent }
        #expect(names.count == 3)
        for name in names {
            let both = ["first", "second"].map { FileManager.default.contents(atPath: path("\($0)/\(name)")) }
            #expect(both[0] != nil && both[0] == both[1], "\(name)")
        }
        let sums = try await Installer.shell(
            "cd \"$1\" && { sha256sum -c SHA256SUMS || shasum -a 256 -c SHA256SUMS; }", path("first"))
        #expect(sums.status == 0, "\(sums.error)")
        #expect(sums.lines.count == 2)
        let archive = try #require(names.first { $0.hasSuffix(".tar.gz") })
        try await expectArchive(archive)
        let bill = try #require(names.first { $0.hasSuffix(".cdx.json") })
        try expectBill(try String(contentsOfFile: path("first/\(bill)"), encoding: .utf8))
    }

    /// Tools that start those of this build: packing these does not last.
    private func standIns() throws -> String {
        let built = path("built")
        try FileManager.default.createDirectory(atPath: built, withIntermediateDirectories: true)
        for tool in Installer.tools {
            let original = try BuiltProgram.path(tool)
            try "#!/bin/sh\nexec '\(original)' \"$@\"\n".write(
                toFile: "\(built)/\(tool)", atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: "\(built)/\(tool)")
        }
        return built
    }

    /// It has one folder at its top, in order, and what is in it works where it is unpacked.
    private func expectArchive(_ name: String) async throws {
        let top = String(name.dropLast(".tar.gz".count))
        let list = try await Installer.shell("tar tzf \"$1\"", path("first/\(name)"))
        #expect(list.lines.allSatisfy { $0.hasPrefix(top + "/") })
        let names = list.lines.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
        #expect(names == names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
        #expect(names.contains("\(top)/share/man/man1/sluice-worker.1"))
        #expect(names.contains("\(top)/share/doc/sluice/LICENSE"))
        #expect(try await Installer.shell("tar xzf \"$1\" -C \"$2\"", path("first/\(name)"), folder.path).status == 0)
        for tool in Installer.tools {
            #expect(try await Installer.shell("\"$1\" --version", path("\(top)/bin/\(tool)")).output.hasPrefix("\(tool) "))
        }
    }

    private func expectBill(_ text: String) throws {
        let bill = try decode(Bill.self, text)
        #expect(bill.bomFormat == "CycloneDX" && bill.specVersion == "1.6")
        let number = bill.serialNumber.wholeMatch(of: /urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/)
        #expect(number != nil, "\(bill.serialNumber)")
        #expect(bill.metadata.timestamp == "2023-11-14T22:13:20Z")
        let pins = try ResolvedPackages.read().pins
        #expect(pins.count > 20)
        for pin in pins {
            let entry = bill.components.first { $0.name == pin.identity }
            #expect(entry?.version == pin.state.version, "\(pin.identity)")
            #expect(entry?.pedigree?.commits.map(\.uid) == [pin.state.revision], "\(pin.identity)")
        }
        for name in ["hiredis", "swift-runtime", "boringssl"] { #expect(bill.components.contains { $0.name == name }, "\(name)") }
        for entry in bill.components + [bill.metadata.component] {
            #expect(entry.licenses?.isEmpty == false, "\(entry.name) has no licence")
        }
        let references = bill.components.map(\.reference) + [bill.metadata.component.reference]
        #expect(Set(references).count == references.count)
        for dependency in bill.dependencies {
            for reference in [dependency.ref] + dependency.dependsOn { #expect(references.contains(reference), "\(reference)") }
        }
        let own = bill.dependencies.first { $0.ref == bill.metadata.component.reference }
        #expect(own?.dependsOn.contains { $0.contains("swift-nio@") } == true)
    }

    @Test(arguments: [
        ["--release"], ["--release", "somewhere", "/usr"], ["--release", "somewhere", "--uninstall"], ["/usr", "/opt"],
        ["--unknown"],
    ])
    func whatMakesNoSenseIsRefused(_ arguments: [String]) async throws {
        let said = try await Installer.install(arguments, destination: folder.path)
        #expect(said.status == 1)
        #expect(said.error.hasPrefix("install: usage: "))
        #expect(said.error.split(separator: "\n").count == 1)
        #expect(folder.files() == [])
    }

    @Test func toolsThatAreNotThereAreNamed() async throws {
        let said = try await Installer.install(["/opt/queue"], built: "/nonexistent", destination: folder.path)
        #expect(said.status == 1)
        #expect(said.error == "install: there is no sluice in /nonexistent\n")
    }
}
