public import SluiceCore

/// The problems of a server, its function library and its queues: findings, each with a cure.
///
/// A diagnosis changes nothing, not even the library. It makes a bounded number of calls per queue; ``Part/unseen`` lists what it
/// did not reach.
public struct Diagnosis: Sendable, Hashable {
    /// How serious a finding is.
    public enum Severity: String, Sendable, Hashable, CaseIterable {
        /// Jobs are lost, refused or stuck, or soon will be.
        case problem
        /// Unusual, but it may be intended.
        case notice
    }

    /// A deviation from a healthy state.
    public struct Finding: Sendable, Hashable {
        /// How serious the finding is.
        public var severity: Severity
        /// The queue of the finding; nil for the server, the library, and workflows.
        public var queue: QueueName?
        /// A stable code, such as `queue.no_worker`. New versions may add codes.
        public var code: String
        /// The finding in one line.
        public var what: String
        /// The cure in one line: a command if there is one, and the alternatives.
        public var cure: String
    }

    /// A part of the system that a diagnosis examines.
    public enum Subject: Sendable, Hashable {
        /// The Redis server.
        case server
        /// The cluster as a whole, in place of the server.
        case cluster
        /// A node of the cluster, by its address.
        case node(String)
        /// Sluice's functions on the server.
        case library
        /// A queue and its jobs.
        case queue(QueueName)
        /// All stored workflows.
        case workflows
    }

    /// One examined subject and its findings.
    public struct Part: Sendable, Hashable {
        /// The examined part of the system.
        public var subject: Subject
        /// The examined data, in words; empty if none could be read.
        public var looked: String
        /// The data that was not examined, or only in part, and why.
        public var unseen: [String] = []
        /// The deviations found in this subject.
        public var findings: [Finding] = []
    }

    /// The parts in order: the server (or the cluster and its nodes), the library, the queues by name, the workflows.
    public var parts: [Part]

    package init(parts: [Part]) { self.parts = parts }

    /// The findings of all parts.
    public var findings: [Finding] { parts.flatMap(\.findings) }
    /// Whether there are no problems; there may be notices.
    public var isHealthy: Bool { !findings.contains { $0.severity == .problem } }
}

extension Diagnosis.Part {
    /// The queue, if the subject is one.
    public var queue: QueueName? {
        if case .queue(let queue) = subject { return queue }
        return nil
    }

    mutating func add(_ severity: Diagnosis.Severity, _ code: String, _ what: String, cure: String) {
        findings.append(Diagnosis.Finding(severity: severity, queue: queue, code: code, what: what, cure: cure))
    }
}

extension Diagnosis.Subject: CustomStringConvertible {
    /// The subject in words: `server`, `cluster`, `node HOST:PORT`, `library`, `queue NAME`, `workflows`.
    public var description: String {
        switch self {
        case .server: "server"
        case .cluster: "cluster"
        case .node(let address): "node \(address)"
        case .library: "library"
        case .queue(let queue): "queue \(queue)"
        case .workflows: "workflows"
        }
    }
}
