import Foundation
import SluiceStore
import Testing

/// Entries that recur, their times in seconds from the start of the clock.
extension LuaQueue {
    static let cronSpec = #"{"kind":"k","args":[]}"#

    static func entry(_ more: String = "", expression: String = "* * * * *") -> String {
        let rest = [#","catch_up":"latest""#, #","overlap":"allow""#].filter { !more.contains($0.prefix(10)) }.joined()
        return #"{"expression":"\#(expression)","zone":"UTC","job":\#(cronSpec)\#(rest)\#(more)}"#
    }

    private func ms(_ seconds: Int?) -> String { seconds.map { "\(start + $0 * 1000)" } ?? "" }

    @discardableResult func put(
        _ name: String = "e", _ entry: String = entry(), next: Int? = 60, source: String = "operator", deploy: Int = 0
    ) async throws -> String {
        try await fcall(["cron_put", name, entry, ms(next), source, "\(deploy)"])
    }

    func fireWords(
        _ name: String = "e", revision: Int = 1, expected: Int, following: Int?, _ ticks: [Int], hasMore: Bool = false
    ) -> [String] {
        ["cron_fire", name, "\(revision)", ms(expected), ms(following), hasMore ? "1" : "0", Self.cronSpec] + ticks.map { ms($0) }
    }

    @discardableResult func fire(
        _ name: String = "e", revision: Int = 1, expected: Int, following: Int?, _ ticks: [Int], hasMore: Bool = false
    ) async throws -> String {
        try await fcall(fireWords(name, revision: revision, expected: expected, following: following, ticks, hasMore: hasMore))
    }

    /// The id of the job of a tick.
    func tickID(_ seconds: Int, _ name: String = "e") -> String {
        let date = Date(timeIntervalSince1970: Double(start / 1000 + seconds))
        return "cron:\(name):" + date.formatted(.iso8601.dateSeparator(.omitted).timeSeparator(.omitted))
    }

    /// What became of ticks, the newest first: `60 enqueued`.
    func outcomes(_ name: String = "e") async throws -> [String] {
        struct Line: Decodable {
            var tick: Int
            var until: Int?
            var count: Int?
            var outcome: String
        }
        return try await call(CronHistory(name)).map { text in
            let line = try JSONDecoder().decode(Line.self, from: Data(text.utf8))
            let until = line.until.map { " to \(($0 - start) / 1000)" } ?? ""
            return "\((line.tick - start) / 1000)\(until) \(line.outcome)\(line.count.map { " \($0)" } ?? "")"
        }
    }
}
