public import SluiceCore

/// What is wrong with a server, the function library on it, and the queues: each finding with its cure.
///
/// To look changes nothing, not even the library. It costs a bounded number of calls for each queue; where there was more than
/// was looked at, ``Part/unseen`` says so.
public struct Diagnosis: Sendable, Hashable {
    /// How bad it is.
    public enum Severity: String, Sendable, Hashable, CaseIterable {
        /// Jobs are lost, refused or stand still, or soon will.
        case problem
        /// Somebody may have wanted it so.
        case notice
    }

    /// Something that is not as it should be.
    public struct Finding: Sendable, Hashable {
        /// How bad it is.
        public var severity: Severity
        /// The queue it is about; nil for the server, the library, workflows.
        public var queue: QueueName?
        /// Stable, such as `queue.no_worker`. New ones may come with new versions.
        public var code: String
        /// What is wrong, one line.
        public var what: String
        /// What to do about it, one line: a command where there is one, and what else can be done.
        public var cure: String
    }

    /// What was looked at.
    public enum Subject: Sendable, Hashable {
        /// Redis itself.
        case server
        /// The functions that Sluice keeps there.
        case library
        /// A queue and its jobs.
        case queue(QueueName)
        /// All workflows that are kept.
        case workflows
    }

    /// One thing that was looked at, and what was found.
    public struct Part: Sendable, Hashable {
        /// The thing.
        public var subject: Subject
        /// What was looked at, in words; empty if nothing could be.
        public var looked: String
        /// What could not be looked at, or not to its end, and why.
        public var unseen: [String] = []
        /// What was found.
        public var findings: [Finding] = []
    }

    /// The server, the library, the queues by name, workflows.
    public var parts: [Part]

    package init(parts: [Part]) { self.parts = parts }

    /// All that was found.
    public var findings: [Finding] { parts.flatMap(\.findings) }
    /// Whether there is no problem; there may be notices.
    public var isHealthy: Bool { !findings.contains { $0.severity == .problem } }
}

extension Diagnosis.Part {
    /// The queue, if it is about one.
    public var queue: QueueName? {
        if case .queue(let queue) = subject { return queue }
        return nil
    }

    mutating func add(_ severity: Diagnosis.Severity, _ code: String, _ what: String, cure: String) {
        findings.append(Diagnosis.Finding(severity: severity, queue: queue, code: code, what: what, cure: cure))
    }
}

extension Diagnosis.Subject: CustomStringConvertible {
    /// `server`, `library`, `queue NAME`, `workflows`.
    public var description: String {
        switch self {
        case .server: "server"
        case .library: "library"
        case .queue(let queue): "queue \(queue)"
        case .workflows: "workflows"
        }
    }
}
