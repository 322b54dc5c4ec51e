/// What a reply may cost before the server counts as broken or hostile.
struct ReplyLimits: Sendable {
    /// Wire bytes of one reply. Redis' own bound for one string is the same.
    var bytes = 512 << 20
    /// A line is searched again from its start with each arrival, so a long one costs the square of its length.
    var lineBytes = 1 << 20
    var elementsPerArray = 4 << 20
    var nodes = 16 << 20
    var depth = 8
    /// How much hiredis gets at once: it moves the rest of its buffer for each kilobyte it has read.
    var feedBytes = 64 << 10
}
