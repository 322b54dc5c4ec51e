import Foundation
import Sluice
import SluiceTesting
import Testing

/// The runtime stage of the container, in a root directory of its own.
@Suite(
    .serialized, .timeLimit(.minutes(10)),
    .enabled(if: geteuid() == 0, "only root can make and enter a root directory"),
    .enabled(if: ContainerRoot.debootstrap != nil, "debootstrap is not in PATH; Debian's package debootstrap has it"),
    .enabled(ContainerRoot.otherRelease) { try ContainerRoot.isSameRelease() },
    .enabled(ContainerRoot.noNamespaces) { await ContainerRoot.canMount() },
    .enabled(ContainerRoot.noMirror) { try await ContainerRoot.hasPackages() })
struct ContainerTests {
    private struct Look: Job {
        static let kind = "look"
        static let options = JobOptions(queue: "looks", keepsResult: true)
        typealias Output = String
    }

    /// What the packages of the image may take, in bytes.
    private static let mostOfPackages = 120_000_000

    /// What Swift's libraries may take. With the symbols that only a debugger reads they would take 79 MB.
    private static let mostOfLibraries = 68_000_000

    @Test func thePackagesAreSmall() async throws {
        let size = try await ContainerRoot().size()
        #expect(size <= Self.mostOfPackages, "the packages take \(size / 1_000_000) MB")
        // All of them are there.
        #expect(size > Self.mostOfPackages / 2, "the packages take \(size / 1_000_000) MB")
    }

    @Test func theProgramsStartAndAWorkerRunsAJob() async throws {
        let root = try await ContainerRoot()
        try await root.addPrograms()
        let libraries = try await root.size(of: "usr/lib/swift/linux")
        #expect(libraries <= Self.mostOfLibraries, "Swift's libraries take \(libraries / 1_000_000) MB")
        for tool in Installer.tools {
            let said = try await root.run([tool, "--version"])
            #expect(said.status == 0 && said.output.hasPrefix("\(tool) "), "\(tool): \(said.error)")
        }

        let server = try await RedisTestServer.start(RedisTestServer.Options(tcp: true))
        let client = try await SluiceClient(.url(server.url))
        let look = "sh -c 'id -u; id -g; cat /proc/1/comm; touch /tmp/new 2>/dev/null || echo read-only'"
        let ended = try await root.run(["sluice", "worker", "looks", "--exec", look, "--redis", server.url]) {
            let seen = try await client.enqueueAndWait(Look(), timeout: .seconds(60))
            #expect(seen == "10001\n10001\ntini\nread-only")
        }
        await client.close()
        #expect(ended.status == 0, "\(ended.error)")
        let mounts = try String(contentsOfFile: "/proc/mounts", encoding: .utf8)
        #expect(!mounts.contains(root.path), "\(mounts)")
    }
}
