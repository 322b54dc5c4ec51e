import SluiceInspector

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What a worker's process tells of itself. All of it may be missing: workers can be written in any language.
struct WorkerInfo: Sendable, Hashable {
    private struct Content: Decodable {
        var host: String?
        var pid: Int?
        var started: Double?
        var concurrency: Int?
        var kinds: [String]?
        var cron: [String]?
    }

    private static let mostNames = 6

    var host: String?
    var process: Int?
    var started: Date?
    var concurrency: Int?
    var kinds: [String]?
    var cronEntries: Int

    /// - Parameter text: the JSON that it reported.
    init(_ text: String) {
        let content = try? JSONDecoder().decode(Content.self, from: Data(text.utf8))
        host = content?.host
        process = content?.pid
        started = content?.started.map { Date(timeIntervalSince1970: $0 / 1000) }
        concurrency = content?.concurrency.flatMap { $0 > 0 ? $0 : nil }
        kinds = content?.kinds
        cronEntries = content?.cron?.count ?? 0
    }

    /// The host and the process.
    var place: String { [host, process.map { "process \($0)" }].compactMap { $0 }.joined(separator: ", ") }

    /// The kinds, as far as there is room.
    var handles: String {
        guard let kinds else { return "" }
        let names =
            kinds.contains("*")
            ? "all kinds" : kinds.prefix(Self.mostNames).map { HumanText.cut($0, to: 40) }.joined(separator: ", ")
        let rest = kinds.contains("*") ? 0 : kinds.count - min(kinds.count, Self.mostNames)
        return names + (rest > 0 ? " and \(HumanText.number(rest)) more" : "")
            + (cronEntries > 0 ? "; \(HumanText.number(cronEntries)) cron" : "")
    }
}
