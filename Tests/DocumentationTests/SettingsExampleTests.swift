import ArgumentParser
import Foundation
import SluiceCore
import SluiceToolSupport
import Testing

@testable import SluiceCLI
@testable import SluiceServer
@testable import SluiceWebhooksTool

/// The file of settings that the article on deployment shows is one that each program takes.
struct SettingsExampleTests {
    private func settings(
        _ words: [String], of root: any ParsableCommand.Type, _ scope: SettingsScope
    ) throws -> ToolSettings {
        let block = try #require(try Document(article: "Deployment").blocks("yaml").first)
        let file = FileManager.default.temporaryDirectory.appending(path: "settings-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(block.text.utf8).write(to: file)
        return try #require(try ToolSettings(words, of: root, scope, environment: [SettingsOptions.variable: file.path]))
    }

    @Test func theWorkerTakesIt() throws {
        let settings = try self.settings(["worker"], of: SluiceTool.self, .worker)
        let worker = try #require(try SluiceTool.parseAsRoot(settings.words) as? WorkerCommand)
        #expect(worker.queues.map(\.text) == ["mail", "images"] && worker.concurrency == 20 && worker.limit.count == 2)
        #expect(worker.global.redisPasswordFile == "/run/secrets/redis" && worker.keys.keys == "/run/secrets/keys.json")
        // As the article shows.
        #expect(settings.place(of: "the file of keys '/run/secrets/keys.json' cannot be read")?.hasSuffix(":4") == true)
    }

    @Test func theServerTakesIt() throws {
        let settings = try self.settings([], of: ServerTool.self, .server)
        let server = try #require(try ServerTool.parseAsRoot(settings.words) as? ServeCommand)
        #expect(server.listen == ListenAddress(host: "0.0.0.0", port: 7880) && server.access.users == "/etc/sluice/users")
        #expect(server.keys.keys == "/run/secrets/keys.json" && server.global.namespace?.text == "shop")
    }

    @Test func theSenderOfWebHooksTakesIt() throws {
        let settings = try self.settings([], of: WebhooksTool.self, .webhooks)
        let tool = try #require(try WebhooksTool.parseAsRoot(settings.words) as? WebhooksTool)
        #expect(tool.secretFile == "/run/secrets/webhooks" && tool.global.namespace?.text == "shop")
    }
}
