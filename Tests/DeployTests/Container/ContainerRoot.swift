import Foundation
import Subprocess
import SystemPackage
import TestSupport
import Testing

/// A Containerfile, as far as it is tried here.
struct Containerfile {
    struct Instruction {
        var word: String
        var text: String
    }

    /// The instructions of each stage. Lines that go on are joined.
    private(set) var stages: [[Instruction]] = []

    init(_ text: String) {
        var whole = ""
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            if line.hasSuffix("\\") {
                whole += "\(line.dropLast()) "
                continue
            }
            let words = "\(whole)\(line)".split(separator: " ", maxSplits: 1)
            whole = ""
            guard words.count == 2 else { continue }
            if words[0] == "FROM" { stages.append([]) }
            guard !stages.isEmpty else { continue }
            stages[stages.count - 1].append(Instruction(word: String(words[0]), text: String(words[1])))
        }
    }

    /// The last text that an instruction has in the last stage.
    func last(_ word: String) throws -> String {
        let found = stages.last?.last { $0.word == word }
        return try #require(found, "the last stage has no \(word)").text
    }

    /// Debian's release in the last stage.
    var release: String {
        get throws {
            let name = try last("FROM").firstMatch(of: /debian:(\w+)-slim/)?.output.1
            return String(try #require(name))
        }
    }

    /// The packages that the last stage installs.
    var packages: [String] {
        get throws {
            let install = stages.last?.compactMap { $0.text.firstMatch(of: /apt-get install ([^&]+)/)?.output.1 }.first
            let words = try #require(install).split(separator: " ")
            return words.filter { !$0.hasPrefix("-") }.map(String.init)
        }
    }

    /// What the build stage does once the programs are built.
    var afterBuild: String {
        get throws {
            let found = stages.first?.last { $0.word == "RUN" }
            let run = try #require(found).text
            let rest = run.replacing(/swift build [^;]+;/, with: "")
            try #require(rest != run)
            return rest
        }
    }
}

/// The root directory of the last stage of `deploy/container/Containerfile`, made without a container engine: of the packages of its
/// list, and of the programs of this build. It is removed with the last reference to it.
///
/// All that is mounted is so in a namespace of its own, and goes with the last process in it.
struct ContainerRoot {
    private static let cache = DeployFiles.root.appending(path: ".build/container-root").path

    private let file: Containerfile
    private let folder: TestFolder
    private let user: String
    private let workingDirectory: String
    private let entryPoint: [String]

    var path: String { folder.path + "/root" }

    // MARK: - What it needs

    static let debootstrap = Checker("debootstrap")

    static let noNamespaces: Comment = "needs namespaces of mounts and processes: `unshare`, and a kernel that lets them be made"
    static let otherRelease: Comment = "the programs of this build are linked for another system than the image's"
    static let noMirror: Comment = "Debian's mirror cannot be reached, and there is no root of an earlier run"

    static func canMount() async -> Bool {
        (try? await unshared(#"mount --bind "$1" "$1"; mount -t proc proc "$1""#, [DeployFiles.path()]))?.status == 0
    }

    /// Whether this machine has the Debian release of the image.
    static func isSameRelease() throws -> Bool {
        let system = (try? String(contentsOfFile: "/etc/os-release", encoding: .utf8)) ?? ""
        let release = try readFile().release
        return system.contains("VERSION_CODENAME=\(release)\n")
    }

    static func hasPackages() async throws -> Bool {
        let file = try readFile()
        let mark = try Self.mark(of: file)
        if (try? String(contentsOfFile: cache + "/made", encoding: .utf8)) == mark { return true }
        let release = "\(mirror)/dists/\(try file.release)/InRelease"
        return (try? await Installer.shell(#"wget --quiet --spider --tries=1 --timeout=10 "$1""#, release))?.status == 0
    }

    private static func readFile() throws -> Containerfile { Containerfile(try DeployFiles.text("container/Containerfile")) }

    /// What a kept root was made of.
    private static func mark(of file: Containerfile) throws -> String {
        let packages = try file.packages
        let release = try file.release
        return "\(release) \(packages.joined(separator: ","))\n"
    }

    /// The mirror that this machine installs from.
    private static var mirror: String {
        let folder = "/etc/apt/sources.list.d"
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
        let texts = (["/etc/apt/sources.list"] + names.map { "\(folder)/\($0)" })
            .compactMap { try? String(contentsOfFile: $0, encoding: .utf8) }
        let lines = texts.flatMap { $0.split(separator: "\n") }.filter { !$0.hasPrefix("#") }
        let found = lines.compactMap { $0.firstMatch(of: /https?:\/\/\S+\/debian\/?(?=\s|$)/).map { String($0.output) } }.first
        return found ?? "http://deb.debian.org/debian"
    }

    // MARK: - Making it

    /// Makes it of the packages alone.
    /// - Throws: an error if debootstrap fails, with the end of its log.
    init() async throws {
        file = try Self.readFile()
        user = try file.last("USER")
        workingDirectory = try file.last("WORKDIR")
        entryPoint = try JSONDecoder().decode([String].self, from: Data(try file.last("ENTRYPOINT").utf8))
        folder = try TestFolder()
        let (mark, release, packages) = (try Self.mark(of: file), try file.release, try file.packages)
        let words = [Self.cache, mark, release, Self.mirror, folder.path + "/root", packages.joined(separator: ",")]
        let made = try await Self.unshared(Self.make, words)
        try #require(made.status == 0, "\(made.output)\(made.error)")
    }

    /// A root is kept while the list of packages is the same. It has what Debian's slim images have: no manuals, no translations.
    private static let make = """
        cache=$1 mark=$2 release=$3 mirror=$4 copy=$5 packages=$6 root=$1/root
        mkdir -p "$cache"
        exec 9>"$cache/lock"
        flock -w 300 9
        if [ "$(cat "$cache/made" 2>/dev/null)" != "${mark%?}" ]; then
            rm -rf "$cache/made" "$root"
            mkdir -p "$root/etc/dpkg/dpkg.cfg.d"
            echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/force-unsafe-io"
            timeout 300 debootstrap --variant=minbase --include="$packages" "$release" "$root" "$mirror" >"$cache/log" 2>&1 9>&- \\
                || { tail -n 20 "$cache/log"; exit 1; }
            cd "$root"
            rm -rf var/cache/apt/* var/lib/apt/lists/* var/log/* etc/dpkg/dpkg.cfg.d/force-unsafe-io
            rm -rf usr/share/{groff,info,lintian,man}
            find usr/share/doc ! -type d ! -name copyright -delete
            find usr/share/locale -mindepth 1 -maxdepth 1 ! -name locale.alias -exec rm -rf {} +
            printf %s "$mark" >"$cache/made"
        fi
        cp -ax --reflink=auto "$root" "$copy"
        """

    /// The bytes that it takes on the disk, or a folder of it.
    func size(of folder: String = "") async throws -> Int {
        let said = try await Installer.shell(#"du -s -x -B1 "$1" | cut -f 1"#, path + "/" + folder)
        return try #require(Int(said.output.trimmingCharacters(in: .whitespacesAndNewlines)), "\(said.error)")
    }

    /// Does what the build stage does with the programs, and then the last stage line by line.
    func addPrograms() async throws {
        let built = URL(fileURLWithPath: try BuiltProgram.path("sluice")).deletingLastPathComponent().path
        let out = folder.path + "/out/"
        try await require(
            Installer.shell(
                #"mkdir -p "$1/.build" && ln -s "$2" "$1/.build/release" && cd "$1" && bash -euo pipefail -c "$3""#,
                folder.path, built, try file.afterBuild.replacing("/out/", with: out)))
        for instruction in file.stages.last ?? [] {
            switch instruction.word {
            case "COPY":
                let words = instruction.text.split(separator: " ").map(String.init)
                try #require(words.count == 3 && words[0] == "--from=build" && words[1].hasPrefix("/out/"))
                try await require(
                    Installer.shell(
                        #"mkdir -p "$2" && cp -a "$1." "$2""#, words[1].replacing("/out/", with: out), path + words[2]))
            case "RUN":
                // The packages are there.
                let begin = instruction.text.range(of: "groupadd")?.lowerBound ?? instruction.text.startIndex
                let script = String(instruction.text[begin...])
                try await require(Self.unshared(Self.enter, [path, "0:0", "/", "/bin/sh", "-c", script]))
            default: break
            }
        }
    }

    private func require(_ said: Said) throws { try #require(said.status == 0, "\(said.output)\(said.error)") }

    // MARK: - Using it

    /// Enters a root. For others than root it is read-only, with no exception, and the environment is that of an engine.
    private static let enter = """
        root=$1 user=$2 directory=$3
        shift 3
        mount --bind "$root" "$root"
        mount --rbind /dev "$root/dev"
        mount -t proc proc "$root/proc"
        [ "$user" = 0:0 ] || mount -o remount,bind,ro "$root"
        exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \\
            chroot --userspec="$user" "$root" env -C "$directory" "$@"
        """

    /// Runs a command as an engine would run it: by the user and the entry point of the image, with a process 1 of its own.
    func run(_ command: [String]) async throws -> Said { try await Self.unshared(Self.enter, words(command)) }

    /// Runs a command while `body` does, and asks its process 1 to stop then.
    func run(_ command: [String], while body: () async throws -> Void) async throws -> Said {
        var platform = PlatformOptions()
        platform.teardownSequence = [.send(signal: .kill, allowedDurationToNextStep: .zero)]
        let result = try await Subprocess.run(
            .name("unshare"), arguments: Arguments(Self.unshare(Self.enter, words(command))), platformOptions: platform,
            input: .none, output: .string(limit: 1 << 20), error: .string(limit: 1 << 20)
        ) { child -> (any Error)? in
            do {
                try await body()
                let outer = child.processIdentifier.value
                let inner = try String(contentsOfFile: "/proc/\(outer)/task/\(outer)/children", encoding: .utf8)
                let first = try #require(Int32(inner.trimmingCharacters(in: .whitespacesAndNewlines)))
                kill(first, SIGTERM)
                return nil
            } catch {
                try? child.send(signal: .kill)
                return error
            }
        }
        let said = Said(result.terminationStatus, result.standardOutput, result.standardError)
        if let error = result.closureResult {
            Issue.record("\(said.output)\(said.error)")
            throw error
        }
        return said
    }

    private func words(_ command: [String]) -> [String] { [path, user, workingDirectory] + entryPoint + command }

    private static func unshared(_ script: String, _ arguments: [String]) async throws -> Said {
        let result = try await Subprocess.run(
            .name("unshare"), arguments: Arguments(unshare(script, arguments)), workingDirectory: "/", input: .none,
            output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        return Said(result.terminationStatus, result.standardOutput, result.standardError)
    }

    /// The arguments of `unshare` for a script of bash. What it starts ends with `unshare`.
    private static func unshare(_ script: String, _ arguments: [String]) -> [String] {
        let bash = ["/bin/bash", "-euo", "pipefail", "-c", script, "bash"]
        return ["--mount", "--pid", "--fork", "--kill-child=KILL", "--"] + bash + arguments
    }
}

extension Said {
    fileprivate init(_ ending: TerminationStatus, _ output: String, _ error: String) {
        var status = -1
        if case .exited(let code) = ending { status = Int(code) }
        self.init(status: status, output: output, error: error)
    }
}
