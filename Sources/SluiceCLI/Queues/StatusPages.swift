import SluiceCore
import SluiceInspector
import SluiceToolSupport

/// Prints the status of many queues page by page while they arrive. Each page decides its columns before all queues are known.
struct StatusPages {
    /// The number of queues on a page. Up to this number, all are on one page.
    static let size = 500

    private let terminal: Terminal
    private let isLong: Bool
    private let nodes: [QueueName: String]
    private var table: Table
    private var waiting: [QueueStatus] = []

    /// - Parameter nodes: the node of each queue in a cluster; empty for a single server.
    init(of queues: Int, nodes: [QueueName: String] = [:], on terminal: Terminal) {
        self.nodes = nodes
        self.terminal = terminal
        isLong = queues > Self.size
        table = StatusText.table(
            showing: StatusText.columns(suspended: true), nodes: !nodes.isEmpty, paused: true)
    }

    /// Adds a queue. Prints the queues before it if they fill a page.
    mutating func add(_ status: QueueStatus) throws {
        waiting.append(status)
        if isLong, waiting.count == Self.size { try flush() }
    }

    /// Prints the remaining queues.
    mutating func flush() throws {
        if waiting.isEmpty { return }
        if isLong {
            for status in waiting { table.append(StatusText.row(status, StatusText.columns(suspended: true), nodes)) }
            try terminal.lines(table.takeLines(width: terminal.width, style: terminal.style))
        } else {
            try terminal.lines(StatusText.table(waiting, nodes: nodes).lines(width: terminal.width, style: terminal.style))
        }
        waiting = []
    }
}
