import SluiceCore

/// What `sluice top` shows and what its keys do. It changes nothing itself: ``press(_:)`` tells what is to be done.
struct TopState: Sendable {
    enum Mode: Sendable, Equatable {
        case list
        /// Asks whether to pause or resume a queue.
        case question(QueueName, pauses: Bool)
        /// Text about a job, in place of the list.
        case text([String])
    }

    /// What a key asks for.
    enum Effect: Sendable, Equatable {
        case quit
        case pause(QueueName)
        case resume(QueueName)
        case explain(QueueName)
    }

    /// The queues, sorted.
    private(set) var rows: [TopRow] = []
    private(set) var snapshot: TopSnapshot
    private(set) var column = TopColumn.waiting
    private(set) var isReversed = false
    /// The selected queue; it stays selected when it moves.
    private(set) var selected: QueueName?
    var mode = Mode.list
    /// A message in place of the keys, until the next key.
    var message: String?
    /// Why there is no newer snapshot.
    var trouble: String?
    /// The number of rows that the screen had room for.
    var room = 20

    init(_ snapshot: TopSnapshot) {
        self.snapshot = snapshot
        take(snapshot)
    }

    mutating func take(_ snapshot: TopSnapshot) {
        self.snapshot = snapshot
        trouble = nil
        sort()
    }

    /// The position of the selected row.
    var position: Int { rows.firstIndex { $0.queue == selected } ?? 0 }

    /// The rows that fit, the selected one among them.
    func visible(_ room: Int) -> ArraySlice<TopRow> {
        let room = max(room, 1)
        let first = max(0, min(position - room / 2, rows.count - room))
        return rows[first..<min(first + room, rows.count)]
    }

    mutating func press(_ key: TopKey) -> Effect? {
        message = nil
        switch mode {
        case .list: return pressInList(key)
        case .question(let queue, let pauses):
            mode = .list
            guard key == .character("y") || key == .character("Y") else { return nil }
            return pauses ? .pause(queue) : .resume(queue)
        case .text:
            mode = .list
            return nil
        }
    }

    private mutating func pressInList(_ key: TopKey) -> Effect? {
        switch key {
        case .up, .character("k"): move(by: -1)
        case .down, .character("j"): move(by: 1)
        case .pageUp: move(by: -max(room, 1))
        case .pageDown, .character(" "): move(by: max(room, 1))
        case .home, .character("g"): move(by: -rows.count)
        case .end, .character("G"): move(by: rows.count)
        case .character("s"): sort(by: 1)
        case .character("S"): sort(by: -1)
        case .character("r"):
            isReversed.toggle()
            sort()
        case .character("p"):
            if let row = rows.first(where: { $0.queue == selected }) { mode = .question(row.queue, pauses: !row.isPaused) }
        case .character("e"), .enter: return selected.map(Effect.explain)
        case .character("q"): return .quit
        case .escape, .character: break
        }
        return nil
    }

    private mutating func move(by steps: Int) {
        if rows.isEmpty { return }
        selected = rows[min(max(position + steps, 0), rows.count - 1)].queue
    }

    private mutating func sort(by steps: Int) {
        let all = TopColumn.allCases
        let place = (all.firstIndex(of: column) ?? 0) + steps + all.count
        column = all[place % all.count]
        isReversed = false
        sort()
    }

    private mutating func sort() {
        rows = snapshot.rows.sorted(by: column.areInOrder)
        if isReversed { rows.reverse() }
        if !rows.contains(where: { $0.queue == selected }) { selected = rows.first?.queue }
    }
}
