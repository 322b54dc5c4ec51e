import SluiceCore
import SluiceInspector
import SluiceToolSupport

/// The result of the demo.
struct DemoReport: Sendable, Equatable {
    /// A job's file, the digest from its worker, and the real one.
    struct Check: Sendable, Equatable {
        /// The result of the job; nil if the job has not completed.
        var output: HashFile.Output?
        /// The digest that the demo computed; nil if the file has changed meanwhile and cannot be compared.
        var expected: String?
    }

    /// Jobs, one for each file.
    var files: Int
    var completed: Int
    /// Jobs that completed with another digest than the file has.
    var wrong: Int
    /// Jobs without a result although their file is unchanged.
    var missing: Int
    /// Files that changed meanwhile; they are not compared.
    var changed: Int
    /// The number of starts of a job by a worker.
    var runs: Int
    var killed: Int
    /// The primary that was killed, in a cluster.
    var primary: DemoProgress.Primary?
    /// The number of jobs reclaimed from dead workers.
    var reclaimed: Int
    var jobsPerSecond: Double
    /// The median time from enqueue to start, in ms.
    var startMedian: Double
    var startWorst: Double
    /// The number of violations that the audit found.
    var violations: Int
    var checked: Int

    /// Whether the demo succeeded.
    var isGood: Bool { missing == 0 && wrong == 0 && violations == 0 }

    /// - Parameters:
    ///   - totals: The queue's counters since it was made.
    ///   - elapsed: From the first enqueue to the last outcome.
    init(_ checks: [Check], totals: [String: Int], killed: Int, elapsed: Duration, audit: AuditReport) {
        files = checks.count
        completed = checks.count { $0.output != nil }
        wrong = checks.count { check in
            guard let output = check.output, let expected = check.expected else { return false }
            return output.sha256 != expected
        }
        missing = checks.count { $0.output == nil && $0.expected != nil }
        changed = checks.count { $0.expected == nil }
        runs = totals["started", default: 0]
        self.killed = killed
        reclaimed = totals["reclaimed", default: 0]
        jobsPerSecond = elapsed > .zero ? Double(completed) / elapsed.seconds : 0
        let waits = checks.compactMap { $0.output.map { Double($0.waitedMilliseconds) } }.sorted()
        startMedian = Self.percentile(50, of: waits)
        startWorst = Self.percentile(99, of: waits)
        violations = audit.violations.count
        checked = audit.checked
    }

    /// The nearest rank; 0 for none.
    private static func percentile(_ percent: Int, of sorted: [Double]) -> Double {
        if sorted.isEmpty { return 0 }
        let rank = (sorted.count * percent + 99) / 100
        return sorted[min(max(rank, 1), sorted.count) - 1]
    }

    var json: JSONValue {
        guard let primary else { return base }
        return base.adding("primaries_killed", .integer(1))
            .adding("stall_ms", primary.stall.map { .integer($0.milliseconds) } ?? .null)
    }

    private var base: JSONValue {
        [
            "files": .integer(files), "completed": .integer(completed), "wrong": .integer(wrong), "missing": .integer(missing),
            "runs": .integer(runs), "killed": .integer(killed), "reclaimed": .integer(reclaimed),
            "jobs_per_second": .number((jobsPerSecond * 10).rounded() / 10), "start_p50_ms": .number(startMedian),
            "start_p99_ms": .number(startWorst), "audit": .string(auditText),
        ]
    }

    private var auditText: String { violations == 0 ? "clean" : HumanText.count(violations, "violation") }
}

extension DemoReport {
    /// The table, and the verdict below it.
    func lines(style: Style) -> [String] {
        var rows: [(name: String, figure: String, remark: String)] = [
            ("files", HumanText.number(files), changed > 0 ? "\(changed) changed meanwhile and are not compared" : ""),
            ("completed", HumanText.number(completed), ""),
            ("wrong", HumanText.number(wrong), "each digest is compared with one computed directly"),
            ("missing", HumanText.number(missing), ""),
            (
                "runs", HumanText.number(runs),
                runs > files ? "\(HumanText.number(runs - files)) of them cut short by the kill" : ""
            ),
            ("killed", HumanText.number(killed), "with SIGKILL, in the middle of its work"),
            (
                "reclaimed", HumanText.number(reclaimed),
                "taken back from it when its lease of \(HumanText.duration(DemoRun.lease)) ended"
            ),
            ("jobs/s", HumanText.number(Int(jobsPerSecond)), "the wait for that lease included"),
            ("start p50", HumanText.number(Int(startMedian)) + " ms", "from enqueue to start: all were enqueued at once"),
            ("start p99", HumanText.number(Int(startWorst)) + " ms", ""),
            ("audit", auditText, "\(HumanText.number(checked)) checked"),
        ]
        if let primary {
            let stall = primary.stall.map { "; work went on after \(HumanText.duration($0))" } ?? ""
            rows.insert(("primaries", "1", "\(primary.address) killed with SIGKILL as well\(stall)"), at: 6)
        }
        let width = rows.map(\.figure.count).max() ?? 0
        let table = rows.map { row in
            let name = row.name + String(repeating: " ", count: 10 - row.name.count)
            let figure = String(repeating: " ", count: width - row.figure.count) + row.figure
            return "  \(name) \(style.paint(figure, look(of: row.name)))  \(style.paint(row.remark, .dim))"
        }
        return table.map(Self.trimmed) + ["", verdict(style)]
    }

    private func look(of row: String) -> Style.Look {
        switch row {
        case "wrong": wrong > 0 ? .red : .bold
        case "missing": missing > 0 ? .red : .bold
        case "audit": violations > 0 ? .red : .green
        default: .bold
        }
    }

    private static func trimmed(_ line: String) -> String {
        String(line.prefix(line.count - line.reversed().prefix { $0 == " " }.count))
    }

    private func verdict(_ style: Style) -> String {
        if isGood {
            return style.paint("Nothing was lost", .green)
                + ": every file has its digest, though a worker was killed at work\(primary == nil ? "" : ", and a primary of the cluster")."
        }
        var faults: [String] = []
        if missing > 0 { faults.append("\(HumanText.count(missing, "digest")) missing") }
        if wrong > 0 { faults.append("\(HumanText.count(wrong, "digest")) wrong") }
        if violations > 0 { faults.append("the audit found \(HumanText.count(violations, "violation"))") }
        return style.paint("Failed", .red) + ": " + faults.joined(separator: ", ") + "."
    }
}
