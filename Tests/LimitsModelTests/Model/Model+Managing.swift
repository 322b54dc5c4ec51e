/// What operators do.
extension Model {
    mutating func enqueue(_ new: [Operation.New]) {
        var ready: [Int] = []
        for one in new {
            jobs[one.id] = ModelJob(id: one.id, lane: one.lane, priority: one.priority)
            if one.delay > 0 {
                postpone(one.id, .scheduled, due: now + one.delay, keepsPlace: false)
            } else {
                ready.append(one.id)
            }
        }
        enter(ready)
    }

    /// Applies a change to a job. Returns what the library should say became of it.
    mutating func change(_ id: Int, _ change: Operation.Change, delay: Int) -> String {
        guard let state = jobs[id]?.state else { return "missing" }
        switch change {
        case .cancel: return cancel(id, state)
        case .retry: return retry(id, state)
        case .delete:
            if state == .executing { return cancel(id, state) }
            withdraw(id)
            jobs[id] = nil
            return "deleted"
        case .reschedule:
            guard state == .available || state == .scheduled || state == .retryable else { return "\(state)" }
            withdraw(id)
            postpone(id, .scheduled, due: now + delay, keepsPlace: state != .available)
            jobs[id]?.isSuspect = false
            return "scheduled"
        }
    }

    private mutating func cancel(_ id: Int, _ state: ModelJob.State) -> String {
        switch state {
        case .executing:
            jobs[id]?.isToCancel = true
            return "cancelling"
        case .cancelled, .discarded: return "\(state)"
        case .available, .scheduled, .retryable:
            withdraw(id)
            jobs[id]?.state = .cancelled
            return "cancelled"
        }
    }

    private mutating func retry(_ id: Int, _ state: ModelJob.State) -> String {
        switch state {
        case .executing, .available: return "\(state)"
        case .scheduled, .retryable: break
        case .cancelled, .discarded:
            guard let job = jobs[id] else { break }
            jobs[id] = ModelJob(id: id, lane: job.lane, priority: job.priority)
        }
        enter([id])
        return "available"
    }

    /// Takes a job out of its lane.
    private mutating func withdraw(_ id: Int) {
        guard let lane = jobs[id]?.lane else { return }
        waiting[lane].removeAll { $0 == id }
        jobs[id]?.isSuspect = false
    }

    /// What a worker declares. Returns what the library should say.
    mutating func declare(_ limits: [String: String], deploy: Int) -> String {
        if limits == book.declared {
            book.raise(deploy: deploy)
            return "same"
        }
        let lives = workers.values.contains { $0.ends >= now }
        if lives, let standing = book.deploy, deploy < standing { return "kept" }
        change { $0.declare(limits, deploy: deploy) }
        return "taken"
    }
}
