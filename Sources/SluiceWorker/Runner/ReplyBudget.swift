import NIOCore

/// The limit for jobs in one reply, in bytes.
///
/// A server may close a connection whose replies exceed `client-output-buffer-limit`, and so may a proxy. Then no reply of that
/// size ever arrives. So each lost reply cuts the limit to a quarter, down to one job at a time. The limit grows again only after
/// a pause, which grows with each loss.
struct ReplyBudget {
    /// The library's own limit.
    static let most = 4 << 20
    /// Below this nearly every reply brings one job. From here on the library puts a job aside whose reply is lost; `oversize.lua`
    /// has the same number.
    static let least = 16 << 10
    /// Losses in a row that suggest size as the reason.
    static let suspicious = 2
    private static let shortest = TimeAmount.seconds(30)
    private static let longest = TimeAmount.minutes(10)

    private(set) var bytes = most
    /// Lost replies since the last one that brought jobs.
    private(set) var losses = 0
    private var pause = shortest
    private var growsAt: NIODeadline?

    /// The limit to send to the library; nil for the library's own.
    var limit: Int? { bytes < Self.most ? bytes : nil }

    /// Lowers the limit after a reply with jobs was lost.
    mutating func lost(at now: NIODeadline) {
        losses += 1
        bytes = max(bytes / 4, Self.least)
        growsAt = now + pause
        pause = min(pause + pause, Self.longest)
    }

    /// Notes a reply that arrived.
    /// - Returns: Whether the limit has grown.
    mutating func arrived(withJobs: Bool, at now: NIODeadline) -> Bool {
        if withJobs { losses = 0 }
        guard let time = growsAt, now >= time else { return false }
        bytes = min(bytes * 2, Self.most)
        growsAt = bytes < Self.most ? now + pause : nil
        if growsAt == nil { pause = Self.shortest }
        return true
    }
}
