import Foundation
import Sluice
import SluiceWorker

/// What a cell was judged by, as files: they show why a promise was broken.
struct CellRecords: Sendable {
    /// Made if it is not there.
    let folder: String

    /// Writes `ack-limits.log`, the lines of the workers, and `ack-limits.moves`, what Redis told and when it was away.
    func write(_ evidence: Evidence, log: String) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let base = "\(folder)/\(evidence.cell.ack.rawValue)-\(evidence.cell.limits.rawValue)"
        try? FileManager.default.removeItem(atPath: base + ".log")
        try FileManager.default.copyItem(atPath: log, toPath: base + ".log")
        var lines = evidence.history.moves.map { move in
            let states = [move.from, move.to].map { $0?.rawValue ?? "-" }.joined(separator: " ")
            return "\(move.time) \(move.queue) \(states) \(move.ids.joined(separator: " "))"
        }
        lines += evidence.events.outages.map { "away \($0.from) \($0.to)" }
        lines += evidence.events.blows.map { "\($0.kind) \($0.process) \($0.time) \($0.until ?? 0)" }
        try (lines.joined(separator: "\n") + "\n").write(toFile: base + ".moves", atomically: false, encoding: .utf8)
    }
}
