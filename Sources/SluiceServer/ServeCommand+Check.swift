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
        try check.finish()
    }
}
