/// Limits above which a reply counts as broken or hostile.
struct ReplyLimits: Sendable {
    /// Wire bytes of one reply. Redis has the same limit for one string.
    var bytes = 512 << 20
    /// Bytes of one line. A line is searched from its start at each arrival, so a long one has quadratic cost.
    var lineBytes = 1 << 20
    var elementsPerArray = 4 << 20
    var nodes = 16 << 20
    var depth = 8
    /// Bytes passed to hiredis at once: it moves the rest of its buffer for each kilobyte it has read.
    var feedBytes = 64 << 10
}
