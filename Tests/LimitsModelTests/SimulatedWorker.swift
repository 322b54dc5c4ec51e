/// A worker of a run: what it believes, which may be out of date.
struct SimulatedWorker {
    /// What tells one call from another.
    struct Call {
        var worker: String
        var session: Int
        var number: Int
    }

    let name: String
    /// In ms.
    let lease: Int
    private(set) var session = 0
    private(set) var call = 0
    var runs: [(id: Int, fence: Int)] = []
    var hasToResync = false

    init(_ name: String, lease: Int) {
        self.name = name
        self.lease = lease
    }

    mutating func nextCall() -> Call {
        call += 1
        return Call(worker: name, session: session, number: call)
    }

    mutating func nextSession() -> Call {
        session += 1
        return Call(worker: name, session: session, number: call)
    }
}
