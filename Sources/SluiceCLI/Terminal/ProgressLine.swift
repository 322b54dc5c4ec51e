import SluiceCore
import SluiceInspector
import SluiceToolSupport

/// Shows the progress of a bulk change on standard error: one line redrawn in place on a terminal, elsewhere a line every few
/// seconds.
struct ProgressLine {
    private static let cells = 20

    private let queue: QueueName
    private let terminal = Terminal.errors
    private let start = ContinuousClock.now
    private var last = ContinuousClock.now
    private var isShown = false

    init(_ queue: QueueName) { self.queue = queue }

    mutating func show(_ progress: BulkProgress) {
        let now = ContinuousClock.now
        guard now - last > (terminal.isInteractive ? .milliseconds(100) : .seconds(3)) else { return }
        last = now
        let text = Self.text(queue, progress, after: now - start, withBar: terminal.isInteractive)
        // A failed write does not stop the change.
        if terminal.isInteractive {
            try? terminal.redraw(HumanText.cut(text, to: (terminal.width ?? 80) - 1))
        } else {
            try? terminal.line(text)
        }
        isShown = true
    }

    /// Removes the line.
    func clear() {
        if isShown, terminal.isInteractive { try? terminal.redraw("") }
    }

    static func text(_ queue: QueueName, _ progress: BulkProgress, after elapsed: Duration, withBar: Bool) -> String {
        let part = progress.expected > 0 ? min(Double(progress.looked) / Double(progress.expected), 1) : 1
        let rate = Double(progress.looked) / max(elapsed.seconds, 0.001)
        let left = Duration.seconds(Double(max(progress.expected - progress.looked, 0)) / max(rate, 1))
        let full = Int(part * Double(cells))
        let bar = "[" + String(repeating: "#", count: full) + String(repeating: ".", count: cells - full) + "] "
        return "\(queue): \(withBar ? bar : "")\(HumanText.number(progress.looked)) of \(HumanText.number(progress.expected)) "
            + "looked at, \(HumanText.number(progress.matched)) matched, \(HumanText.number(Int(rate)))/s, "
            + "about \(HumanText.duration(left)) left"
    }
}
