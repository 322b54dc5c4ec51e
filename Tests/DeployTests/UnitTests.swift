import Foundation
import TestSupport
import Testing

/// The units of systemd.
@Suite(.timeLimit(.minutes(5)))
struct UnitTests {
    private static let analyze = Checker("systemd-analyze")

    private static let missing: Comment = "systemd-analyze is not in PATH; Debian's package systemd has it"

    private static let names = ["sluice-worker@.service", "sluice-server.service", "sluice-webhooks.service"]

    /// The exposure that is left, in tenths: 15 of 100. Those that are left are the network, and the root of the host.
    private static let mostExposure = 15

    /// The units, which start the programs of this build.
    private static func copies(changing: (String) -> String = { $0 }) throws -> CopiesFolder {
        let programs = URL(fileURLWithPath: try BuiltProgram.path("sluice")).deletingLastPathComponent().path
        let folder = try CopiesFolder()
        for name in names {
            let text = try DeployFiles.text("systemd/\(name)")
            try folder.write(changing(text.replacing("=/usr/local/bin/", with: "=\(programs)/")), to: name)
        }
        return folder
    }

    @Test(.enabled(if: analyze != nil, missing), arguments: names.map { $0.replacing("@", with: "@films") })
    func systemdTakesThem(_ name: String) async throws {
        let analyze = try #require(Self.analyze)
        let folder = try Self.copies()
        let verdict = try await analyze.check(["verify", "--man=no", "./\(name)"], in: folder.path)
        #expect(verdict.isGood && verdict.said.isEmpty, "\(verdict.said)")
        // The check sees a setting that does not exist.
        let wrong = try Self.copies { $0.replacing("WatchdogSec=", with: "WatchdogSeconds=") }
        #expect(try await analyze.check(["verify", "--man=no", "./\(name)"], in: wrong.path).said.contains("WatchdogSeconds"))
    }

    @Test(.enabled(if: analyze != nil, missing), arguments: names)
    func theyLeaveLittleExposed(_ name: String) async throws {
        let analyze = try #require(Self.analyze)
        let folder = try Self.copies()
        let verdict = try await analyze.check(
            ["security", "--no-pager", "--offline=yes", "--threshold=\(Self.mostExposure)", "./\(name)"], in: folder.path)
        #expect(verdict.isGood, "\(verdict.said)")
    }

    @Test func theyReadTheFilesThatLieBesideThem() throws {
        let pairs = [
            ("sluice-worker@.service", "worker.env"), ("sluice-server.service", "server.env"),
            ("sluice-webhooks.service", "webhooks.env"),
        ]
        for (unit, example) in pairs {
            let start = try #require(try DeployFiles.text("systemd/\(unit)").firstMatch(of: /(?m)^ExecStart=(.+)$/)?.output.1)
            let variables = Set(start.matches(of: /\$\{?([A-Z_]+)/).map { String($0.output.1) }).subtracting(["LONGEST_JOB"])
            let given = Set(try DeployFiles.text("systemd/\(example)").matches(of: /(?m)^([A-Z_]+)=/).map { String($0.output.1) })
            #expect(variables.isSubset(of: given), "\(unit)")
            #expect(given.subtracting(variables) == ["SLUICE_REDIS_URL"], "\(example)")
        }
    }

    /// The password comes from a file, so neither the files of the environment nor `systemctl show` have it.
    @Test func noPasswordIsInTheEnvironment() throws {
        for name in Self.names {
            let unit = try DeployFiles.text("systemd/\(name)")
            #expect(unit.contains(/\nLoadCredential=redis-password:\/etc\/sluice\/[a-z]+\.password\n/), "\(name)")
            #expect(unit.contains("\nEnvironment=SLUICE_REDIS_PASSWORD_FILE=%d/redis-password\n"), "\(name)")
        }
        let names = try DeployFiles.names().filter { $0.hasPrefix("systemd/") }
        #expect(names.count == 6)
        for name in names { #expect(!(try DeployFiles.text(name)).contains(/redis:\/\/[a-z]*:/), "\(name)") }
    }

    /// All of them read on SIGHUP, and each says to an operator what a reload does not reach: systemd copies credentials at a start.
    @Test func eachTellsWhatAReloadDoesNotReach() throws {
        for name in Self.names {
            let unit = try DeployFiles.text("systemd/\(name)")
            #expect(unit.contains("\nExecReload=/bin/kill -HUP $MAINPID\n"), "\(name)")
            #expect(unit.contains("does not reach copies of LoadCredential."), "\(name)")
        }
    }
}
