import Foundation

/// What a worker process writes of a run, a line each, into a file that all of them append to.
package struct RunLine: Sendable {
    package enum Verb: String, Sendable {
        /// The handler was called, and has returned or thrown; the note says how.
        case start, end
        /// The run is in a chunk that begins; the note is the chunk's.
        case chunk
        /// The run wrote to Redis under its fence and was let or refused; the note is when it asked.
        case wrote, refused
        /// The worker's observer was told; the note is the state.
        case processed
        /// The observer of another worker was told that the run's own worker died; the note is the state.
        case orphaned
        /// The store would not take what became of the run.
        case unstored
        /// Something was logged as a warning, or counted; the note says what.
        case warned, counted
    }

    package var verb: Verb
    package var id: String
    /// When the run was claimed, in microseconds since 1970 by the server's clock, which is this machine's; 0 where it is not known.
    package var fence: Int
    package var attempt: Int
    package var note: String
    package var process: Int32 = 0
    /// In microseconds since 1970.
    package var time = 0

    package static func now() -> Int { Int(Date().timeIntervalSince1970 * 1_000_000) }

    package init(_ verb: Verb, _ id: String, fence: Int = 0, attempt: Int, note: String = "-") {
        self.verb = verb
        self.id = id
        self.fence = fence
        self.attempt = attempt
        self.note = note
    }

    /// Reads a line; nil for anything else.
    package init?(_ line: Substring) {
        let words = line.split(separator: " ").map(String.init)
        guard words.count == 7, let verb = Verb(rawValue: words[0]), let fence = Int(words[2]), let attempt = Int(words[3]),
            let process = Int32(words[5]), let time = Int(words[6])
        else { return nil }
        self.init(verb, words[1], fence: fence, attempt: attempt, note: words[4])
        self.process = process
        self.time = time
    }

    /// The line of this process at this moment.
    package var text: String { "\(verb.rawValue) \(id) \(fence) \(attempt) \(note) \(getpid()) \(Self.now())\n" }
}
