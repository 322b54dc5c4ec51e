import Hiredis

/// What a listener asks in one slot: the keys, in the order in which Redis looks at them, and what else its kind needs.
struct SlotQuestion: Sendable, Hashable {
    var slot: Int
    var words: [String]
}

/// The state of a listener in several slots of a cluster: what is wanted, what is asked, what has come. It does nothing itself,
/// but returns what to do.
///
/// A blocked call outlives the wait that began it. What it brings is kept for the next wait, so nothing that was taken is lost
/// while another slot answers first. No call begins while no caller waits, since what is wanted may have changed then.
struct SlotBoard<Item: Sendable> {
    enum News: Sendable {
        case item(Item)
        /// A call failed. It may have taken things at these words with it.
        case failure([String], error: RedisError)
    }

    enum Action: Hashable {
        /// Make a blocking call.
        case block(SlotQuestion)
        /// End the blocking call of this question.
        case interrupt(SlotQuestion)
        /// Call `rested` after a pause for this many failures in a row.
        case rest(slot: Int, failures: Int)
        /// Close the connection.
        case release(slot: Int)
    }

    /// Whether a blocking call for `present` must end when `wanted` is wanted; nothing is wanted if that is empty.
    typealias MustEnd = (_ present: [String], _ wanted: [String]) -> Bool

    private struct Place {
        /// Empty if nothing is.
        var wanted: [String] = []
        /// What the blocking call under way asks.
        var blocked: [String]?
        var isInterrupted = false
        /// Whether it has a connection. Without one, it is asked from time to time.
        var hasConnection = false
        var failures = 0
        /// Whether it waits after a failure.
        var isResting = false
        /// Since when nothing is wanted.
        var idleSince: ContinuousClock.Instant?
        /// Whether a call that does not block is under way.
        var isAsked = false

        var isIdle: Bool { wanted.isEmpty && blocked == nil }
    }

    /// How long a connection is kept that nothing uses.
    static var keptIdle: Duration { .seconds(30) }

    private let mustEnd: MustEnd
    private var places: [Int: Place] = [:]
    private var news: [News] = []
    private(set) var isWaiting = false

    init(mustEnd: @escaping MustEnd) { self.mustEnd = mustEnd }

    var hasNews: Bool { !news.isEmpty }

    /// How many connections it has.
    var connections: Int { places.values.count { $0.hasConnection } }

    /// The oldest news.
    mutating func take() -> News? { news.isEmpty ? nil : news.removeFirst() }

    /// A wait begins. Connections go to the first questions first.
    /// - Parameter connects: takes one of the connections that the process may have; false if there is none.
    mutating func wait(
        for questions: [SlotQuestion], at now: ContinuousClock.Instant, connects: () -> Bool
    ) -> [Action] {
        isWaiting = true
        let wanted = Dictionary(questions.map { ($0.slot, $0.words) }) { $1 }
        var actions: [Action] = []
        for (slot, var place) in places where wanted[slot] == nil {
            place.wanted = []
            place.idleSince = place.idleSince ?? now
            places[slot] = place
            actions += ending(slot)
        }
        actions += dropIdle { now - $0 > Self.keptIdle }
        for question in questions {
            var place = places[question.slot] ?? Place()
            place.wanted = question.words
            place.idleSince = nil
            if !place.hasConnection { place.hasConnection = connects() }
            if !place.hasConnection, let freed = dropOldestIdle() {
                actions.append(freed)
                place.hasConnection = true
            }
            places[question.slot] = place
            actions += ending(question.slot) + beginning(question.slot)
        }
        return actions
    }

    /// The wait is over.
    mutating func waitEnded() { isWaiting = false }

    /// A blocking call ended with these items; none if its time was over or it was interrupted.
    mutating func ended(_ slot: Int, with items: [Item]) -> [Action] {
        news += items.map(News.item)
        places[slot]?.blocked = nil
        places[slot]?.isInterrupted = false
        places[slot]?.failures = 0
        return beginning(slot)
    }

    /// A blocking call failed.
    mutating func failed(_ slot: Int, _ words: [String], _ error: RedisError) -> [Action] {
        guard var place = places[slot] else { return [] }
        let isWanted = place.isInterrupted && error == .closed
        place.blocked = nil
        place.isInterrupted = false
        if isWanted {
            places[slot] = place
            return beginning(slot)
        }
        news.append(.failure(words, error: error))
        place.failures += 1
        place.isResting = true
        places[slot] = place
        return [.rest(slot: slot, failures: place.failures)]
    }

    /// The pause after a failure is over.
    mutating func rested(_ slot: Int) -> [Action] {
        places[slot]?.isResting = false
        return beginning(slot)
    }

    // MARK: Slots without a connection

    /// Takes the questions that have to be asked without blocking now.
    mutating func takeUnconnected() -> [SlotQuestion] {
        let slots = places.filter { !$0.value.hasConnection && !$0.value.wanted.isEmpty && !$0.value.isAsked }.keys.sorted()
        return slots.map { slot in
            places[slot]?.isAsked = true
            return SlotQuestion(slot: slot, words: places[slot]?.wanted ?? [])
        }
    }

    var hasUnconnected: Bool { places.values.contains { !$0.hasConnection && !$0.wanted.isEmpty } }

    /// A question that did not block was answered.
    mutating func asked(_ slot: Int, with items: [Item]) -> [Action] {
        news += items.map(News.item)
        places[slot]?.isAsked = false
        return beginning(slot)
    }

    /// A question that did not block has failed.
    mutating func askingFailed(_ question: SlotQuestion, _ error: RedisError) -> [Action] {
        news.append(.failure(question.words, error: error))
        return asked(question.slot, with: [])
    }

    // MARK: Steps

    /// Begins the call of a slot, if it is wanted and can be made.
    private mutating func beginning(_ slot: Int) -> [Action] {
        guard isWaiting, news.isEmpty, let place = places[slot], place.hasConnection, !place.wanted.isEmpty,
            place.blocked == nil, !place.isResting, !place.isAsked
        else { return [] }
        places[slot]?.blocked = place.wanted
        return [.block(SlotQuestion(slot: slot, words: place.wanted))]
    }

    /// Ends the call of a slot, if it asks what is not wanted.
    private mutating func ending(_ slot: Int) -> [Action] {
        guard let place = places[slot], let blocked = place.blocked, !place.isInterrupted, mustEnd(blocked, place.wanted) else {
            return []
        }
        places[slot]?.isInterrupted = true
        return [.interrupt(SlotQuestion(slot: slot, words: blocked))]
    }

    private mutating func dropIdle(_ isOld: (ContinuousClock.Instant) -> Bool) -> [Action] {
        let old = places.filter { $0.value.isIdle && !$0.value.isAsked && isOld($0.value.idleSince ?? .now) }
        return old.sorted { $0.key < $1.key }.compactMap { slot, place in
            places[slot] = nil
            return place.hasConnection ? .release(slot: slot) : nil
        }
    }

    private mutating func dropOldestIdle() -> Action? {
        let idle = places.filter { $0.value.isIdle && $0.value.hasConnection }
        let oldest = idle.min { ($0.value.idleSince ?? .now) < ($1.value.idleSince ?? .now) }
        guard let slot = oldest?.key else { return nil }
        places[slot] = nil
        return .release(slot: slot)
    }
}
