import NIOCore

/// How many bytes of jobs one reply may bring.
///
/// A server may close a connection whose replies have grown beyond `client-output-buffer-limit`, and so may a proxy: then no reply
/// of that size ever arrives. So whenever one is lost a quarter is asked for, down to one job at a time, and more again only after
/// a while, which grows with each loss.
struct ReplyBudget {
    /// What the library gives at most.
    static let most = 4 << 20
    /// Below this nearly every reply brings one job. From here on the library puts a job aside whose reply is lost; `oversize.lua`
    /// has the same number.
    static let least = 16 << 10
    /// Losses in a row after which it looks as if size were the reason.
    static let suspicious = 2
    private static let shortest = TimeAmount.seconds(30)
    private static let longest = TimeAmount.minutes(10)

    private(set) var bytes = most
    /// Replies that were lost, with no other one in between that brought jobs.
    private(set) var losses = 0
    private var pause = shortest
    private var growsAt: NIODeadline?

    /// What to tell the library; nil if it is what it gives anyway.
    var told: Int? { bytes < Self.most ? bytes : nil }

    /// A reply that was to bring jobs was lost.
    mutating func lost(at now: NIODeadline) {
        losses += 1
        bytes = max(bytes / 4, Self.least)
        growsAt = now + pause
        pause = min(pause + pause, Self.longest)
    }

    /// A reply arrived.
    /// - Returns: whether more may be asked for from now on.
    mutating func arrived(withJobs: Bool, at now: NIODeadline) -> Bool {
        if withJobs { losses = 0 }
        guard let time = growsAt, now >= time else { return false }
        bytes = min(bytes * 2, Self.most)
        growsAt = bytes < Self.most ? now + pause : nil
        if growsAt == nil { pause = Self.shortest }
        return true
    }
}
