import ArgumentParser
import SluiceToolSupport

extension WorkerCommand {
    static let noKeys = ValidationError("--require-encrypted needs keys: --keys FILE")

    /// Tries what the worker would read, and reaches Redis if that is asked for.
    func check() async throws {
        var check = SettingsCheck()
        check.read { _ = try ExecCommand(exec) }
        check.read { if try keys.load() == nil, requireEncrypted { throw Self.noKeys } }
        await check.redis(global, connects: settings.connect, queues: queues, .runs)
        if settings.connect { await check.reach { try await monitoring.tryPort() } }
        try check.finish()
    }
}
