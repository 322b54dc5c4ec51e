import ArgumentParser
import SluiceCore
import SluiceEmbedded
import SluiceStore
import SluiceToolSupport

/// Shell completion of queue names.
enum QueueNames {
    static let completion = CompletionKind.custom { (_: [String], _: Int, _: String) async -> [String] in await names() }

    /// The queues of the standard namespace; none if no server answers at once. It never starts a server.
    private static func names() async -> [String] {
        guard let url = await url(),
            let store = try? Store(url: url, logger: GlobalOptions.silent, timeout: .milliseconds(300))
        else { return [] }
        let queues = try? await store.queues()
        await store.close()
        return (queues ?? []).map(\.text)
    }

    private static func url() async -> String? {
        if let url = GlobalOptions.environmentURL { return url }
        guard case .running = try? await EmbeddedRedis().status() else { return nil }
        return EmbeddedRedis().url
    }
}
