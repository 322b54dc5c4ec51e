import Foundation
import SluiceTesting
import SluiceToolSupport
import Testing

@testable import SluiceCLI

/// Where the password of Redis comes from, if several sources name one: the command line goes before the environment, that before the
/// file, and the first that gives a password gives all of it.
@Suite(.timeLimit(.minutes(5)))
struct RedisAccessTests {
    private let server: RedisTestServer
    private let folder = Tool.newPath()
    private var socket: Substring { server.socketURL.dropFirst("unix://".count) }

    init() async throws {
        server = try await RedisTestServer.start(.init(aclUsers: ["ada on >right ~* &* +@all"]))
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try await write("right", "right")
        try await write("wrong", "wrong")
    }

    @discardableResult
    private func write(_ name: String, _ text: String) async throws -> String {
        let path = "\(folder)/\(name)"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        return path
    }

    /// What one source gives: a password in the URL, and one in a file; or none.
    private struct Given: Sendable {
        var url: String?
        var file: String?
    }

    private func url(_ password: String) -> String { "unix://ada\(password.isEmpty ? "" : ":\(password)")@\(socket)" }

    private func run(option: Given, variable: Given, setting: Given) async throws -> Tool.Result {
        var words: [String] = []
        if let password = option.url { words += ["--redis", url(password)] }
        if let file = option.file { words += ["--redis-password-file", file.isEmpty ? "" : "\(folder)/\(file)"] }
        var environment: [String: String] = [:]
        if let password = variable.url { environment["SLUICE_REDIS_URL"] = url(password) }
        if let file = variable.file { environment["SLUICE_REDIS_PASSWORD_FILE"] = "\(folder)/\(file)" }
        var yaml = "namespace: shop\n"
        if let password = setting.url { yaml += "redis: \(url(password))\n" }
        if let file = setting.file { yaml += "redis-password-file: \(folder)/\(file)\n" }
        environment["SLUICE_CONFIG"] = try await write("sluice.yaml", yaml)
        return try await Tool.run(words + ["enqueue", "mail"], environment: environment)
    }

    /// The password is right where the rule says that it counts, and wrong elsewhere.
    @Test func theSourceThatGoesFirstGivesAllOfThePassword() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let none = Given()
        for (option, variable, setting) in [
            (none, Given(url: "right"), Given(file: "wrong")), (none, Given(file: "right"), Given(url: "wrong")),
            (Given(url: "right"), Given(file: "wrong"), none), (Given(file: "right"), Given(url: "wrong"), none),
            (Given(url: "right"), none, Given(file: "wrong")), (Given(file: "right"), none, Given(url: "wrong")),
            (Given(file: "right"), Given(url: "wrong"), Given(file: "wrong")), (none, none, Given(url: "", file: "right")),
            (none, Given(url: ""), Given(file: "right")), (Given(file: ""), none, Given(url: "right", file: "wrong")),
            (Given(file: ""), Given(url: "right", file: "wrong"), none),
        ] {
            let result = try await run(option: option, variable: variable, setting: setting)
            #expect(result.status == 0, "\(option) \(variable) \(setting): \(result.error)")
        }
        #expect(try await server.cli("SCARD", "shop:queues") == "1")
    }

    @Test func oneSourceThatGivesTwoIsRefused() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (none, both) = (Given(), Given(url: "right", file: "right"))
        let option = try await run(option: both, variable: none, setting: none)
        #expect(option.status == 2 && option.error.contains("in the URL of --redis and in the file of --redis-password-file"))
        let variable = try await run(option: none, variable: both, setting: none)
        #expect(variable.status == 2)
        #expect(variable.error.contains("of $SLUICE_REDIS_URL and in the file of $SLUICE_REDIS_PASSWORD_FILE"), "\(variable)")
        let setting = try await run(option: none, variable: none, setting: both)
        #expect(setting.status == 2 && setting.error.contains("sluice.yaml:2: "), "\(setting)")
        #expect(setting.error.contains("of 'redis' in line 2 and in the file of 'redis-password-file' in line 3"), "\(setting)")
        for result in [option, variable, setting] {
            #expect(result.error.split(separator: "\n").count == 1 && !result.error.contains(":right@"), "\(result)")
        }
    }
}
