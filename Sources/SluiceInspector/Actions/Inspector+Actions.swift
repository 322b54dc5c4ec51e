public import SluiceCore
import SluiceStore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The start of a page of the log: a position, and the outcomes that were met before their starts.
private struct ActionCursor {
    /// The entry before which the page begins; nil for the newest.
    var position: String?
    /// Positions of outcomes whose starts come later. Each belongs to an action that ran while the page before ended.
    var outcomes: [String] = []

    /// The most outcomes that a cursor carries.
    static let most = 100

    init(_ text: String?) throws(SluiceError) {
        guard let text else { return }
        let positions = text.split(separator: "_", omittingEmptySubsequences: false).map(String.init)
        guard positions.count <= Self.most + 1, positions.allSatisfy(isPosition) else {
            throw SluiceError(.invalidArgument, "no such cursor: pass the one that the page before ended with")
        }
        position = positions.first
        outcomes = Array(positions.dropFirst())
    }

    init(position: String, outcomes: [String]) {
        self.position = position
        self.outcomes = Array(outcomes.sorted().prefix(Self.most))
    }

    var text: String? { position.map { ([$0] + outcomes).joined(separator: "_") } }
}

/// Whether a text is the position of an entry, `ms-n`.
private func isPosition(_ text: String) -> Bool {
    let numbers = text.split(separator: "-", omittingEmptySubsequences: false)
    return numbers.count == 2 && numbers.allSatisfy { $0.utf8.allSatisfy { (48...57).contains($0) } && UInt64($0) != nil }
}

extension Inspector {
    /// The entries of one call.
    private static let entriesPerCall = 500
    /// The calls for one page.
    private static let callsPerPage = 10

    /// Reads the log of actions, newest first. It keeps about the last 10,000 actions.
    ///
    /// A page examines at most 5,000 entries. If a filter excludes most of them, a page has fewer actions, or none, and a cursor.
    /// - Parameters:
    ///   - limit: The number of actions on a page, 1 to 1,000.
    ///   - cursor: ``ActionPage/next`` of the page before; nil for the first page.
    ///   - queue: Only actions in this queue.
    ///   - actor: Only actions of authors with this name.
    /// - Throws: `invalidArgument` for an invalid cursor; a server error if Redis cannot be used.
    public func actions(
        newest limit: Int = 50, before cursor: String? = nil, queue: QueueName? = nil, actor: String? = nil
    ) async throws(SluiceError) -> ActionPage {
        let limit = min(max(limit, 1), 1000)
        let start = try ActionCursor(cursor)
        var position = start.position
        var outcomes: [String: (position: String, outcome: Action.Outcome)] = [:]
        for entry in try await store.actionEntries(at: start.outcomes) { Self.add(entry, to: &outcomes) }
        var found: [Action] = []
        var isEnd = false
        // Half of the entries are outcomes.
        let size = queue == nil && actor == nil ? min(max(2 * limit, 100), Self.entriesPerCall) : Self.entriesPerCall
        pages: for _ in 0..<Self.callsPerPage {
            let entries = try await store.actionEntries(before: position, most: size)
            for entry in entries {
                if found.count == limit { break pages }
                position = entry.position
                Self.add(entry, to: &outcomes)
                guard var action = Action(entry) else { continue }
                action.outcome = outcomes.removeValue(forKey: action.id)?.outcome
                let isWanted = (queue == nil || action.queue == queue) && (actor == nil || action.author.name == actor)
                if isWanted { found.append(action) }
            }
            isEnd = entries.count < size
            if isEnd { break }
        }
        let next = isEnd ? nil : position.map { ActionCursor(position: $0, outcomes: outcomes.values.map(\.position)) }
        return ActionPage(actions: found, next: next?.text, time: Date(milliseconds: try await store.now()))
    }

    /// Reads what was recorded since a position: actions that began and actions that ended, oldest first.
    ///
    /// An action comes without its outcome when it begins, and with it when it ends. If both happened since, it comes once. At
    /// most 500 entries are read, in one call, with one more for actions that began before.
    /// - Parameter position: The position that the call before returned; nil for now, which returns no actions.
    /// - Throws: `invalidArgument` for an invalid position; a server error if Redis cannot be used.
    public func actionNews(after position: String?) async throws(SluiceError) -> (actions: [Action], position: String) {
        guard let position else {
            return ([], try await store.actionEntries(before: nil, most: 1).first?.position ?? "0-0")
        }
        guard isPosition(position) else { throw SluiceError(.invalidArgument, "no such position in the log of actions") }
        let entries = try await store.actionEntries(after: position, most: Self.entriesPerCall)
        var places: [String: Int] = [:]
        var news: [Action] = []
        let ended = entries.compactMap(Action.Outcome.read)
        let begun = Set(entries.map(\.position))
        let earlier = try await store.actionEntries(at: ended.map(\.start).filter { isPosition($0) && !begun.contains($0) })
        for action in (earlier + entries).compactMap(Action.init) {
            places[action.id] = news.count
            news.append(action)
        }
        for (start, outcome) in ended { if let place = places[start] { news[place].outcome = outcome } }
        return (news, entries.last?.position ?? position)
    }

    private static func add(
        _ entry: ActionEntry, to outcomes: inout [String: (position: String, outcome: Action.Outcome)]
    ) {
        if let (start, outcome) = Action.Outcome.read(entry) { outcomes[start] = (entry.position, outcome) }
    }
}
