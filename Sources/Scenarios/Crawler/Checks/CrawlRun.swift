import ScenarioSupport

/// One run, put together from what its worker wrote.
struct CrawlRun: Sendable {
    /// How a handler came back.
    enum End: Sendable, Hashable {
        case ok, failed, cut
        case unavailable(String)

        init?(_ note: String) {
            switch note {
            case "ok": self = .ok
            case "failed": self = .failed
            case "cut": self = .cut
            default:
                guard note.hasPrefix("unavailable:") else { return nil }
                self = .unavailable(String(note.dropFirst(12)))
            }
        }
    }

    let id: String
    var process: Int32
    var attempt: Int
    /// When it was claimed, by the server's clock; and when its handler was called and came back, if it did.
    var claimed: Int
    var started: Int
    var ended: Int?
    var end: End?

    /// The item and the announcement, as the id tells them; -1 for other jobs.
    let number: Int
    let announced: Int

    init(
        id: String, process: Int32, attempt: Int, claimed: Int, started: Int? = nil, ended: Int? = nil, end: End? = nil
    ) {
        self.id = id
        self.process = process
        self.attempt = attempt
        self.claimed = claimed
        self.started = started ?? claimed
        self.ended = ended
        self.end = end
        (number, announced) = Item.parts(of: id) ?? (-1, -1)
    }

    var isLookup: Bool { number >= 0 && Item(number: number).asks }
    /// Whether it failed for lack of something outside.
    var isUnavailable: Bool { if case .unavailable = end { true } else { false } }

    /// All runs that lines tell of, in the order of their claims.
    static func runs(of lines: [RunLine]) -> [CrawlRun] {
        var ends: [String: RunLine] = [:]
        for line in lines where line.verb == .end { ends["\(line.id) \(line.fence)"] = line }
        let runs = lines.filter { $0.verb == .start }.map { line in
            let end = ends["\(line.id) \(line.fence)"]
            return CrawlRun(
                id: line.id, process: line.process, attempt: line.attempt, claimed: line.fence, started: line.time,
                ended: end?.time, end: end.flatMap { End($0.note) })
        }
        return runs.sorted { $0.claimed < $1.claimed }
    }
}
