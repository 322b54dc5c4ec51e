/// What a route touches, for tokens that are limited to some queues and kinds.
enum Reach: Sendable {
    /// Nothing of the queues.
    case own
    /// All of a namespace: no limited token may use it.
    case namespace
    /// Queues as a whole. The handler leaves out those that the token is not for; a token for some kinds may not use it.
    case queues
    /// The queue of the path as a whole: a token for some kinds may not use it.
    case queue
    /// Jobs in the queue of the path. The handler checks their kinds.
    case jobsOfQueue
    /// Jobs of which the body or the query names queue and kind. The handler checks both.
    case jobs
}
