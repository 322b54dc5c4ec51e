import SluiceCore

/// What unique jobs are, told anew: who owns which fingerprint, and what each job runs with.
struct UniqueModel {
    enum State { case waiting, executing, ended }

    struct Member {
        var key: String?
        var span: Unique.Span
        var arguments: String
        var state = State.waiting
        /// The time to which it holds its fingerprint at least, in ms.
        var till: Int?
        var isCancelling = false
        /// What an equal one has left: its id, span and arguments, nil for those of this one.
        var next: (id: String, span: Unique.Span, arguments: String?, at: Int)?
    }

    struct Request {
        var id: String
        var key: String?
        var span: Unique.Span
        var conflict: Unique.Conflict
        var arguments: String
    }

    /// What an enqueue answers.
    enum Answer: Equatable { case added, exists(String), duplicate(String) }

    private(set) var jobs: [String: Member] = [:]
    private(set) var owners: [String: String] = [:]
    var now = 0

    /// The owner of a fingerprint, unless its time is over.
    private func owner(_ key: String) -> String? {
        guard let id = owners[key] else { return nil }
        return isLive(id) || held[key, default: 0] > now ? id : nil
    }

    /// Until when ended jobs hold fingerprints, kept or not.
    private var held: [String: Int] = [:]

    func isLive(_ id: String) -> Bool { jobs[id].map { $0.state != .ended } ?? false }

    mutating func enqueue(_ request: Request) -> Answer {
        if jobs[request.id] != nil { return .exists(request.id) }
        if let key = request.key, let owner = owner(key) {
            if request.conflict == .fail { return .duplicate(owner) }
            meet(owner, request)
            return .exists(owner)
        }
        add(request.id, request.key, request.span, request.arguments)
        return .added
    }

    private mutating func add(_ id: String, _ key: String?, _ span: Unique.Span, _ arguments: String) {
        var job = Member(key: key, span: span, arguments: arguments)
        if case .period(let period) = span { job.till = now + period.milliseconds }
        jobs[id] = job
        if let key { owners[key] = id }
    }

    private mutating func meet(_ owner: String, _ request: Request) {
        switch (jobs[owner]?.state, request.conflict) {
        case (.waiting, .replaceArguments): jobs[owner]?.arguments = request.arguments
        case (.executing, .replaceArguments): jobs[owner]?.next = (request.id, request.span, request.arguments, now)
        case (.executing, .runAgain): jobs[owner]?.next = (request.id, request.span, nil, now)
        default: break
        }
    }

    /// Returns what is wrong with it, if anything.
    mutating func claim(_ id: String, arguments: String) -> String? {
        guard let job = jobs[id], job.state == .waiting else { return "\(id) was claimed, and did not wait" }
        jobs[id]?.state = .executing
        if job.span == .untilStarted, let key = job.key {
            owners[key] = nil
            jobs[id]?.key = nil
        }
        return job.arguments == arguments ? nil : "\(id) runs with \(arguments) instead of \(job.arguments)"
    }

    /// A run is over and the job is to run again.
    mutating func runAgain(_ id: String) {
        if let arguments = jobs[id]?.next?.arguments { jobs[id]?.arguments = arguments }
        jobs[id]?.next = nil
        jobs[id]?.state = .waiting
    }

    mutating func end(_ id: String) {
        guard let job = jobs[id] else { return }
        jobs[id]?.state = .ended
        jobs[id]?.isCancelling = false
        jobs[id]?.next = nil
        guard let key = job.key, owners[key] == id else { return }
        if let next = job.next {
            add(next.id, key, next.span, next.arguments ?? job.arguments)
        } else if let till = job.till, till > now {
            held[key] = till
        } else {
            owners[key] = nil
        }
    }

    mutating func cancelling(_ id: String) { jobs[id]?.isCancelling = true }

    /// The word of an operator's retry.
    mutating func retry(_ id: String) -> String {
        guard let job = jobs[id] else { return "missing" }
        if job.state == .executing { return "executing" }
        if job.state == .ended, let key = job.key {
            if let owner = owners[key], owner != id, isLive(owner) { return "taken \(owner)" }
            owners[key] = id
            held[key] = nil
        }
        jobs[id]?.state = .waiting
        return "available"
    }

    mutating func delete(_ id: String) {
        if let key = jobs[id]?.key, owners[key] == id {
            owners[key] = nil
            held[key] = nil
        }
        jobs[id] = nil
    }

    /// An ended job is not kept any more.
    mutating func drop(_ id: String) { jobs[id] = nil }
}
