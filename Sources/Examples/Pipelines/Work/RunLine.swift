import Foundation

/// What a worker process writes of a run, a line each, into a file that all of a cell append to.
struct RunLine: Sendable {
    enum Verb: String, Sendable {
        /// The handler was called, and has returned or thrown.
        case start, end
        /// The run is in a chunk that begins; the note is the chunk's.
        case chunk
        /// The run wrote to Redis under its fence and was let or refused; the note is when it asked.
        case wrote, refused
        /// The worker's observer was told; the note is the state.
        case processed
        /// The observer of another worker was told that the run's own worker died; the note is the state.
        case orphaned
    }

    var verb: Verb
    var id: String
    /// When the run was claimed, in microseconds since 1970 by the server's clock, which is this machine's; 0 where it is not known.
    var fence: Int
    var attempt: Int
    var note: String
    var process: Int32 = 0
    /// In microseconds since 1970.
    var time = 0

    static func now() -> Int { Int(Date().timeIntervalSince1970 * 1_000_000) }

    init(_ verb: Verb, _ id: String, fence: Int = 0, attempt: Int, note: String = "-") {
        self.verb = verb
        self.id = id
        self.fence = fence
        self.attempt = attempt
        self.note = note
    }

    /// Reads a line; nil for anything else.
    init?(_ line: Substring) {
        let words = line.split(separator: " ").map(String.init)
        guard words.count == 7, let verb = Verb(rawValue: words[0]), let fence = Int(words[2]), let attempt = Int(words[3]),
            let process = Int32(words[5]), let time = Int(words[6])
        else { return nil }
        self.init(verb, words[1], fence: fence, attempt: attempt, note: words[4])
        self.process = process
        self.time = time
    }

    /// The line of this process at this moment.
    var text: String { "\(verb.rawValue) \(id) \(fence) \(attempt) \(note) \(getpid()) \(Self.now())\n" }
}
