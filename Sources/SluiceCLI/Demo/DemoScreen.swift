import SluiceInspector
import SluiceToolSupport

/// Shows the demo's progress: redrawn in place on a terminal, as lines elsewhere, not at all for programs.
struct DemoScreen {
    private enum Mode { case drawn, lines, silent }

    private let mode: Mode
    private let terminal: Terminal
    /// The number of lines of the present drawing.
    private var height = 0
    private var shown: DemoProgress?
    private static let least = 80

    init(_ terminal: Terminal, isSilent: Bool) {
        self.terminal = terminal
        // A narrow terminal breaks long lines, and a drawing could not be replaced in place.
        mode = isSilent ? .silent : terminal.isInteractive && terminal.width ?? 0 >= Self.least ? .drawn : .lines
    }

    /// Prints a line that stays on the screen.
    mutating func say(_ line: String = "") throws {
        if mode != .silent { try terminal.line(line) }
    }

    mutating func show(_ progress: DemoProgress) throws {
        defer { shown = progress }
        switch mode {
        case .silent: break
        case .lines: for line in Self.news(since: shown, progress) { try terminal.line(line) }
        case .drawn:
            if progress == shown { return }
            let lines = progress.lines(width: terminal.width ?? 80, style: terminal.style)
            try terminal.redraw(lines, over: height)
            height = lines.count
        }
    }

    /// The events since the last progress, one per line.
    static func news(since old: DemoProgress?, _ new: DemoProgress) -> [String] {
        var lines: [String] = []
        let steps = 5
        let (before, after) = ((old?.ended ?? 0) * steps / max(new.total, 1), new.ended * steps / max(new.total, 1))
        if after > before { lines.append("  \(HumanText.number(new.ended)) of \(HumanText.number(new.total)) done") }
        for worker in new.workers {
            let known = old?.workers.first { $0.number == worker.number }
            if let held = worker.held, known?.held == nil {
                lines.append("  worker \(worker.number) killed by SIGKILL while it held \(HumanText.count(held, "job"))")
            }
            if let replaced = worker.replaces, known == nil {
                lines.append("  worker \(worker.number) starts in place of worker \(replaced)")
            }
        }
        if let note = new.note, note != old?.note { lines.append(note) }
        return lines
    }
}
