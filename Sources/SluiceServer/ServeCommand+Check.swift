import NIOCore
import SluiceCore
import SluiceToolSupport

extension ServeCommand {
    /// Tries what the server would read, and reaches Redis if that is asked for.
    func check() async throws {
        var check = SettingsCheck()
        let (queues, use) = ([Notify.queue], readOnly ? QueueUse.reads : .changes)
        check.read { _ = try keys.load() }
        check.read { _ = try access.access(GlobalOptions.silent) }
        if site.isEmpty {
            await check.redis(global, connects: settings.connect, queues: queues, use)
        }
        for site in site {
            await check.site(
                site.name, url: site.url, namespace: site.namespace, connects: settings.connect, queues: queues, use)
        }
        if settings.connect { await check.reach { try await tryPort() } }
        try check.finish()
    }

    private func tryPort() async throws {
        do {
            try await PortTrial.run(host: listen.host, port: listen.port)
        } catch let error as IOError {
            throw Self.failure(listen, error)
        } catch {
            throw Failure("cannot listen on \(listen): there is no such host")
        }
    }
}
