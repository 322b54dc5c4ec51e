import Foundation
import Subprocess
import SystemPackage
import Testing

/// The manifests that the documents show can be read by SwiftPM, and name what this package has.
@Suite(.timeLimit(.minutes(10)))
struct ManifestTests {
    private struct Manifest: Decodable {
        struct Target: Decodable {
            struct Dependency: Decodable {
                /// Product and package, and what else SwiftPM tells of them.
                var product: [Field]?
            }
            var dependencies: [Dependency]
        }
        var targets: [Target]

        /// The products that targets take from a package.
        func products(of package: String) -> [String] {
            targets.flatMap(\.dependencies).compactMap(\.product).filter { $0.dropFirst().first?.text == package }
                .compactMap { $0.first?.text }
        }
    }

    private struct Field: Decodable {
        var text: String?

        init(from decoder: any Decoder) throws { text = try? decoder.singleValueContainer().decode(String.self) }
    }

    /// The products of this package, from its text: SwiftPM holds a lock on it while it runs its tests.
    private static func own() throws -> [String] {
        try Document("Package.swift").lines.compactMap { line in
            line.firstMatch(of: /^ +\.(?:library|executable)\(name: "([^"]+)"/).map { String($0.output.1) }
        }
    }

    private static func read(_ folder: String) async throws -> Manifest {
        let result = try await run(
            .name("swift"), arguments: ["package", "--package-path", folder, "dump-package"], output: .string(limit: 1 << 24),
            error: .string(limit: 1 << 20))
        try #require(result.terminationStatus.isSuccess, "\(result.standardError)")
        return try JSONDecoder().decode(Manifest.self, from: Data(result.standardOutput.utf8))
    }

    @Test func gettingStartedHasAManifest() async throws {
        let article = try Document(article: "GettingStarted")
        let manifest = try #require(article.blocks("swift").first { $0.isOfManifest })
        let folder = FileManager.default.temporaryDirectory.appending(path: "sluice-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try manifest.text.write(to: folder.appending(path: "Package.swift"), atomically: true, encoding: .utf8)

        let used = try await Self.read(folder.path).products(of: "sluice")
        let own = try Self.own()
        #expect(Set(used) == ["Sluice", "SluiceWorker"] && Set(used).isSubset(of: own))
    }

    @Test func theReadmeNamesThePackageAndItsProducts() throws {
        let readme = try Document("README.md")
        let dependency = try #require(readme.blocks("swift").first { $0.isOfManifest })
        let article = try Document(article: "GettingStarted")
        let line = dependency.text.trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(article.lines.contains { $0.trimmingCharacters(in: .whitespaces) == line })

        let table = readme.section("Use it in a package").compactMap { line in
            line.firstMatch(of: /^\| `([A-Za-z]+)` \|/).map { String($0.output.1) }
        }
        #expect(table.contains("Sluice") && table.contains("sluice"))
        let own = try Self.own()
        #expect(Set(table).isSubset(of: own))
        #expect(Set(own.filter { $0.hasPrefix("Sluice") }).isSubset(of: table))
    }
}
