/// Decides without a socket how to find the primary: answers go in, the next step comes out.
///
/// Sentinels are asked one after the other until a server that one of them names is a primary. The time that is left is shared out
/// to those who can still be asked, so that one that hangs does not use up the time of the others.
struct PrimarySearch {
    enum Step: Equatable {
        case ask(RedisEndpoint, within: Duration)
        /// Connect to the server, and look whether it is a primary. If it is, the search is over.
        case examine(RedisEndpoint, within: Duration)
        case fail(RedisError)
    }

    enum SentinelAnswer: Equatable {
        case primary(RedisEndpoint)
        case unknownName
        case failed(RedisError)
    }

    enum ServerAnswer: Equatable {
        case replica
        case failed(RedisError)
    }

    private var remaining: ArraySlice<RedisEndpoint>
    private var asked: RedisEndpoint?
    private var examined: [RedisEndpoint] = []
    private var verdict: SearchVerdict

    /// - Parameter sentinels: In the order in which to ask.
    init(sentinels: [RedisEndpoint], primaryName: String) {
        remaining = sentinels[...]
        verdict = SearchVerdict(primaryName: primaryName)
    }

    /// - Parameter left: The time that is left for the search, here and below.
    mutating func next(left: Duration) -> Step {
        guard left > .zero, let sentinel = remaining.popFirst() else { return .fail(verdict.error) }
        asked = sentinel
        // One share for each sentinel that is not asked yet, one for this one, and one for the server.
        return .ask(sentinel, within: Self.rounded(left / (remaining.count + 2)))
    }

    mutating func sentinelAnswered(_ answer: SentinelAnswer, left: Duration) -> Step {
        guard let asked else { return next(left: left) }
        switch answer {
        case .primary(let server):
            // Another sentinel has named it already, and it was not to be used.
            if examined.contains(server) || left <= .zero { return next(left: left) }
            examined.append(server)
            // The end of the time is for the verdict, which says more than that the time is up.
            return .examine(server, within: Self.rounded(remaining.isEmpty ? left * 9 / 10 : left * 2 / 3))
        case .unknownName: verdict.unknown.append(asked)
        case .failed(let error): verdict.unheard.append(error)
        }
        return next(left: left)
    }

    mutating func serverAnswered(_ answer: ServerAnswer, left: Duration) -> Step {
        if let asked, let server = examined.last {
            verdict.servers.append(SearchVerdict.Server(endpoint: server, sentinel: asked, answer: answer))
        }
        return next(left: left)
    }

    /// In whole milliseconds, as messages show it.
    private static func rounded(_ duration: Duration) -> Duration {
        let (seconds, attoseconds) = duration.components
        return max(.milliseconds(1), .milliseconds(seconds * 1_000 + attoseconds / 1_000_000_000_000_000))
    }
}
