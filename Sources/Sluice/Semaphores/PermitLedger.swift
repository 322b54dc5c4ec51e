import NIOCore
import SluiceCore
import SluiceStore

/// The state machine of a semaphore client: the requests and permits of one client, and the next calls to the server. It has no
/// side effects.
///
/// An entry is `wanted` until the server knows it, then `waiting` or `held`. A waiter that the server has forgotten is `wanted`
/// again; a permit that the server took away is dropped. An entry that gives up or is done is `leaving` until the server knows.
struct PermitLedger {
    struct Terms: Hashable, Sendable {
        var limit: Int
        var lease: Duration
    }

    /// A notice for a task.
    enum Effect: Sendable {
        case granted(PermitID, Fence)
        case failed(PermitID, SluiceError)
        /// The permit was taken away while it was in use.
        case lost(PermitID)
        /// The permit was given back. `wasHeld` tells whether it was held until then; nil if unknown.
        case released(PermitID, wasHeld: Bool?)
    }

    struct Call: Sendable {
        var terms: Terms
        var wishes: [PermitCall.Wish]
    }

    private enum Phase {
        case wanted, waiting, held, leaving
    }

    private struct Entry {
        var terms: Terms
        var phase: Phase
        /// When the entry began to need an answer.
        var since: NIODeadline
        /// Whether the server may know the entry.
        var wasSent = false
        /// Whether the entry gives up at the first answer without a permit.
        var isLate = false
        /// Whether a call whose answer was lost may have given it back.
        var isInDoubt = false
    }

    private let patience: TimeAmount
    private var entries: [PermitID: Entry] = [:]
    // The subjects of the next calls, in order; the entries may have moved on since.
    private var wanted: [PermitID] = []
    private var leaving: [PermitID] = []
    private var keeping: [PermitID] = []
    private var beatDue: NIODeadline?
    private var comeDue: NIODeadline?
    private var failingSince: NIODeadline?
    /// The shortest lease of all entries since the ledger was empty.
    private var shortestLease = Duration.seconds(86_400)

    /// - Parameter patience: How long a task waits for an answer while calls fail.
    init(patience: Duration) { self.patience = TimeAmount(min(max(patience, .zero), .seconds(1_000_000_000))) }

    var isEmpty: Bool { entries.isEmpty }

    /// Whether the server may grant a permit at any time.
    var hasWaiters: Bool { entries.values.contains { $0.phase == .waiting } }

    /// When the next call is due if nothing changes.
    var wakeAt: NIODeadline? { [beatDue, comeDue].compactMap(\.self).min() }

    mutating func want(_ id: PermitID, _ terms: Terms, at now: NIODeadline) {
        entries[id] = Entry(terms: terms, phase: .wanted, since: now)
        shortestLease = min(shortestLease, terms.lease)
        wanted.append(id)
    }

    /// Gives a permit back, or gives up waiting. Returns whether the entry was still active.
    mutating func leave(_ id: PermitID, at now: NIODeadline) -> Bool {
        guard let entry = entries[id], entry.phase != .leaving else { return false }
        if entry.phase == .wanted, !entry.wasSent {
            entries[id] = nil
            return true
        }
        entries[id]?.phase = .leaving
        entries[id]?.since = now
        leaving.append(id)
        return true
    }

    /// Ends a waiter whose time is over. A waiter without an answer still takes a permit that is granted at once. Returns whether
    /// it has to give up now.
    mutating func expire(_ id: PermitID, at now: NIODeadline) -> Bool {
        switch entries[id]?.phase {
        case .wanted:
            entries[id]?.isLate = true
            return false
        case .waiting: return leave(id, at: now)
        case .held, .leaving, nil: return false
        }
    }

    /// Puts all permits and waiters into the next calls.
    mutating func recheck() {
        keeping = entries.filter { $0.value.phase == .waiting || $0.value.phase == .held }.map(\.key)
    }

    /// The call to make now, if any.
    mutating func next(at now: NIODeadline) -> Call? {
        guard !entries.isEmpty else {
            (beatDue, comeDue, shortestLease) = (nil, nil, .seconds(86_400))
            return nil
        }
        if let due = beatDue, now >= due {
            recheck()
            beatDue = now + beat
        }
        let isDue = comeDue.map { now >= $0 } ?? false
        if isDue { comeDue = nil }
        let call = compose()
        return call.wishes.isEmpty && !isDue ? nil : call
    }

    private var beat: TimeAmount { TimeAmount(shortestLease / 3) }

    /// Releases come first, since they make room. All acquires of one call have the same terms.
    private mutating func compose() -> Call {
        var wishes = take(&leaving, PermitCall.mostWishes) { $0.phase == .leaving }.map { PermitCall.Wish(.release, $0) }
        var terms = Terms(limit: 1, lease: shortestLease)
        wanted.removeAll { entries[$0]?.phase != .wanted }
        if let first = wanted.first.flatMap({ entries[$0]?.terms }) {
            terms = first
            let acquiring = wanted.prefix(PermitCall.mostWishes - wishes.count).prefix { entries[$0]?.terms == first }
            wanted.removeFirst(acquiring.count)
            for id in acquiring { entries[id]?.wasSent = true }
            wishes += acquiring.map { PermitCall.Wish(.acquire, $0) }
        }
        wishes += take(&keeping, PermitCall.mostWishes - wishes.count) { $0.phase == .waiting || $0.phase == .held }
            .map { PermitCall.Wish(.keep, $0) }
        return Call(terms: terms, wishes: wishes)
    }

    private func take(_ ids: inout [PermitID], _ most: Int, where fits: (Entry) -> Bool) -> [PermitID] {
        let taken = ids.prefix(most)
        ids.removeFirst(taken.count)
        return taken.filter { entries[$0].map(fits) ?? false }
    }

    /// Applies the reply to a call.
    mutating func apply(_ reply: PermitCall.Reply, to call: Call, at now: NIODeadline) -> [Effect] {
        failingSince = nil
        var effects: [Effect] = []
        for (wish, standing) in zip(call.wishes, reply.standings) {
            effects += wish.verb == .release ? released(wish.id, standing) : learned(wish.id, standing, at: now)
        }
        effects += granted(reply.granted)
        // Late waiters that got no permit with this reply give up.
        for wish in call.wishes where wish.verb == .acquire && entries[wish.id]?.isLate == true {
            if entries[wish.id]?.phase == .waiting, leave(wish.id, at: now) { effects.append(.failed(wish.id, .noPermitInTime)) }
        }
        // At zero, the call had to stop early, and any client may go on.
        comeDue = hasWaiters || reply.come == .zero ? reply.come.map { now + TimeAmount($0) } : nil
        if !entries.isEmpty { beatDue = min(beatDue ?? .distantFuture, now + beat) }
        return effects
    }

    /// Applies grants from a reply or from the inbox.
    mutating func granted(_ fences: [PermitID: Fence]) -> [Effect] {
        fences.compactMap { id, fence in
            guard let phase = entries[id]?.phase, phase == .waiting || phase == .wanted else { return nil }
            entries[id]?.phase = .held
            return .granted(id, fence)
        }
    }

    private mutating func released(_ id: PermitID, _ standing: PermitCall.Standing) -> [Effect] {
        guard let entry = entries[id], entry.phase == .leaving else { return [] }
        entries[id] = nil
        switch standing {
        case .held: return [.released(id, wasHeld: true)]
        case .waiting, .unknown: return [.released(id, wasHeld: entry.isInDoubt ? nil : false)]
        }
    }

    private mutating func learned(_ id: PermitID, _ standing: PermitCall.Standing, at now: NIODeadline) -> [Effect] {
        guard let phase = entries[id]?.phase else { return [] }
        switch (phase, standing) {
        case (.wanted, .held(let fence)), (.waiting, .held(let fence)): return granted([id: fence])
        case (.wanted, .waiting):
            entries[id]?.phase = .waiting
            return []
        case (.wanted, .unknown), (.waiting, .unknown):
            entries[id]?.phase = .wanted
            entries[id]?.since = now
            wanted.append(id)
            return []
        case (.held, .unknown):
            entries[id] = nil
            return [.lost(id)]
        case (.waiting, .waiting), (.held, .held), (.held, .waiting), (.leaving, _): return []
        }
    }

    /// Notes that the outcome of a call is unknown. An entry that has waited longer than the patience fails with the error; the
    /// server's record of it ends with its lease.
    mutating func failed(_ call: Call, _ error: SluiceError, at now: NIODeadline) -> [Effect] {
        let since = failingSince ?? now
        failingSince = since
        wanted = call.wishes.filter { $0.verb == .acquire && entries[$0.id]?.phase == .wanted }.map(\.id) + wanted
        leaving = call.wishes.filter { $0.verb == .release }.map(\.id) + leaving
        for wish in call.wishes where wish.verb == .release { entries[wish.id]?.isInDoubt = true }
        recheck()
        var effects: [Effect] = []
        for (id, entry) in entries {
            let isPatient = error.isTransient && now - max(since, entry.since) < patience
            switch entry.phase {
            case .wanted, .waiting:
                if isPatient, !entry.isLate { continue }
                effects.append(.failed(id, error))
            case .leaving:
                if isPatient { continue }
                effects.append(.released(id, wasHeld: nil))
            case .held:
                if error.code != .closed { continue }
                effects.append(.lost(id))
            }
            entries[id] = nil
        }
        return effects
    }
}

extension SluiceError {
    /// The error of a waiter whose time is over.
    static let noPermitInTime = SluiceError(.timedOut, "no permit became free in time")
}
