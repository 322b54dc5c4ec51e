import ScenarioSupport
import SluiceWorker

/// What people and scripts read at the end: a table of cells and promises, and what is behind it.
struct Report {
    private let results: [CellResult]
    private let elapsed: Duration
    private let asOriginal: Bool
    /// How much of what is wrong is told, for each promise of a cell.
    private static let most = 2

    init(_ results: [CellResult], elapsed: Duration, asOriginal: Bool) {
        self.results = Self.compared(results)
        self.elapsed = elapsed
        self.asOriginal = asOriginal
    }

    /// Whether nothing is broken, and each promise was looked at in some cell.
    var isGood: Bool {
        results.allSatisfy { $0.failure == nil && !$0.verdicts.values.contains(where: \.isBroken) }
            && Promise.allCases.allSatisfy { promise in
                results.contains { if case .holds = $0.verdicts[promise] { true } else { false } }
            }
    }

    /// Adds to the verdicts where two cells end differently.
    private static func compared(_ results: [CellResult]) -> [CellResult] {
        guard let first = results.first(where: { $0.failure == nil && $0.verdicts[.sameEnds]?.isBroken == false }) else {
            return results
        }
        return results.map { result in
            let differing = first.finals.filter { result.finals[$0.key] != $0.value }.count
            let others = result.finals.keys.count { first.finals[$0] == nil }
            guard result.failure == nil, differing + others > 0 else { return result }
            var result = result
            var found = ["\(differing + others) jobs end otherwise than in \(first.cell)"]
            if case .broken(let own) = result.verdicts[.sameEnds] { found += own }
            result.verdicts[.sameEnds] = .broken(found)
            return result
        }
    }

    var lines: [String] {
        let names = Promise.allCases.map(\.name)
        var rows = [["acknowledged", "limits"] + names + ["jobs", "runs", "seconds"]]
        for result in results {
            let marks = Promise.allCases.map { result.verdicts[$0]?.mark ?? "?" }
            rows.append(
                [result.cell.ack.rawValue, result.cell.limits.title] + marks
                    + ["\(result.jobs)", "\(result.runs)", "\(Double(result.elapsed.microseconds / 100_000) / 10)"])
        }
        return TextTable.aligned(rows) + [""] + Promise.allCases.flatMap(explanation) + failures + ["", conclusion]
    }

    /// What a promise says, what it was computed from in the last cell that it holds in, and where it does not.
    private func explanation(_ promise: Promise) -> [String] {
        let title = promise.name + String(repeating: " ", count: 4 - promise.name.count)
        var lines = [title + promise.text]
        var basis: String?
        var unknown: [String: [Cell]] = [:]
        for result in results {
            switch result.verdicts[promise] {
            case .holds(let text): basis = "\(result.cell): \(text)"
            case .broken(let found):
                lines += found.prefix(Self.most).map { "    FAIL \(result.cell): \($0)" }
                if found.count > Self.most { lines.append("         and \(found.count - Self.most) more") }
            case .unknown(let why): unknown[why, default: []].append(result.cell)
            case .absent, nil: break
            }
        }
        if let basis { lines.append("    \(basis)") }
        for (why, cells) in unknown.sorted(by: { $0.key < $1.key }) {
            lines.append("    ?    \(cells.map(\.description).joined(separator: "; ")): not evaluated, \(why)")
        }
        return lines
    }

    private var failures: [String] {
        results.compactMap { result in result.failure.map { "FAIL \(result.cell) could not be run: \($0)" } }
    }

    private var conclusion: String {
        let seconds = "\(Double(elapsed.microseconds / 100_000) / 10) s"
        let broken = Promise.allCases.filter { promise in results.contains { $0.verdicts[promise]?.isBroken ?? false } }
        let design = asOriginal ? " under the original's way of counting" : ""
        if isGood { return "\(results.count) cells, all promises hold\(design); \(seconds)" }
        let names = broken.isEmpty ? "not everything could be evaluated" : "broken: " + broken.map(\.name).joined(separator: ", ")
        return "\(results.count) cells\(design), \(names); \(seconds)"
    }
}
