import SluiceCore
import SluiceStore
import SluiceTesting

/// Something recurs in `mail`: `digest`, each minute unless told otherwise.
extension Patient {
    /// Adds an entry, or changes it; its first tick is a minute after the start of the clock.
    func recur(
        _ name: String = "digest", overlap: Overlap = .allow, limit: Int? = nil, deploy: Int? = nil
    ) async throws {
        var entry = CronEntry(
            expression: "* * * * *", zone: "UTC", job: Array(#"{"kind":"k"}"#.utf8), options: nil, catchUp: .latest,
            overlap: overlap)
        entry.limit = limit
        _ = try await queues.store.call(CronPut(name, entry, next: queues.start + 60_000, deploy: deploy), on: "mail")
    }

    /// Lets minutes pass, and fires what each of them brings.
    func tick(_ minutes: Int = 1) async throws {
        for _ in 0..<minutes {
            try await queues.advance(by: .seconds(60))
            try await fire()
        }
    }

    func fire() async throws { try await queues.store.fireCron(on: "mail") { _, _ in } }

    /// Runs a command of a cure that is about an entry. Returns whether it was one.
    func followCron(_ words: [String]) async throws -> Bool {
        guard words.count == 6, words[0] == "sluice", words[1] == "cron", words[4] == "--queue" else { return false }
        let queue = try QueueName(words[5])
        switch words[2] {
        case "remove": return try await queues.store.call(CronRemove(words[3]), on: queue)
        case "resume":
            let list = try await queues.store.call(CronList(words[3]), on: queue)
            guard let item = list.items.first else { return false }
            let next = try CronEntry(decoding: item.text).next(after: list.now)
            let resumed = try await queues.store.call(CronResume(item.name, revision: item.revision, next: next), on: queue)
            return resumed == .resumed
        default: return false
        }
    }
}
