import SluiceCore
import SluiceInspector
import SluiceToolSupport

/// Lines of many queues, printed page by page while they come: which columns there are is then settled before all are known.
struct StatusPages {
    /// Queues on a page. As many are few.
    static let size = 500

    private let terminal: Terminal
    private let isLong: Bool
    private var table: Table
    private var waiting: [QueueStatus] = []

    init(of queues: Int, on terminal: Terminal) {
        self.terminal = terminal
        isLong = queues > Self.size
        table = StatusText.table(showing: StatusText.columns(suspended: true), paused: true)
    }

    /// Takes one, and prints those before it if they fill a page.
    mutating func add(_ status: QueueStatus) throws {
        waiting.append(status)
        if isLong, waiting.count == Self.size { try flush() }
    }

    /// Prints what is left.
    mutating func flush() throws {
        if waiting.isEmpty { return }
        if isLong {
            for status in waiting { table.append(StatusText.row(status, StatusText.columns(suspended: true))) }
            try terminal.lines(table.takeLines(width: terminal.width, style: terminal.style))
        } else {
            try terminal.lines(StatusText.table(waiting).lines(width: terminal.width, style: terminal.style))
        }
        waiting = []
    }
}
