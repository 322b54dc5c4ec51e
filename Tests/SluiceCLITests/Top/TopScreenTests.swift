import Foundation
import SluiceCore
import SluiceToolSupport
import Testing

@testable import SluiceCLI
@testable import SluiceInspector

/// `sluice top` as it is drawn, without a terminal.
struct TopScreenTests {
    static func status(
        _ queue: QueueName, available: Int = 0, executing: Int = 0, later: Int = 0, oldest: Duration = .zero, workers: Int = 1,
        paused: String? = nil, depth: Int? = nil, totals: [String: Int] = [:], at time: Int = 1_000_000
    ) -> QueueStatus {
        var reply = [
            "available": "\(available)", "executing": "\(executing)", "scheduled": "\(later)",
            "oldest_available_ms": "\(oldest.milliseconds)", "workers": "\(workers)", "now": "\(time)",
        ]
        if let paused { reply["paused"] = "\(time - 300_000) \(paused)" }
        if let depth { reply["depth"] = "\(depth)" }
        for (name, value) in totals { reply["total_\(name)"] = "\(value)" }
        return QueueStatus(queue, reply: reply)
    }

    static func limits(_ queue: QueueName, running: Int, _ concurrency: String, _ gates: [GateStatus]) -> QueueLimits {
        QueueLimits(
            queue: queue, deploy: 0, version: 0, declared: [], overrides: [],
            effective: [QueueLimits.Setting(name: "concurrency", value: concurrency)], running: running, nextStart: nil,
            isMigrating: false, gates: gates, time: Date(milliseconds: 0))
    }

    static let snapshot = TopSnapshot(
        time: "12:00:01 UTC",
        server: TopSnapshot.Server(
            address: "127.0.0.1:6379", namespace: "prod", version: "7.0.15", memory: 12_300_000, memoryLimit: 256_000_000,
            ahead: .milliseconds(20)),
        rows: [
            TopRow(
                status("images", available: 1234, executing: 8, later: 12, oldest: .seconds(192), workers: 2),
                TopRates.Minute(into: 1200, out: 1180.4, failed: 3.25),
                limits(
                    "images", running: 8, "8",
                    [
                        GateStatus(
                            gate: "tmdb", running: 0, concurrency: nil, lanesWaiting: 3, rate: nil,
                            breaker: GateStatus.Breaker(state: .open, until: nil)),
                        GateStatus(gate: "account=42", running: 2, concurrency: 2, lanesWaiting: 1, rate: nil, breaker: nil),
                        GateStatus(gate: "smtp", running: 0, concurrency: nil, lanesWaiting: 1, rate: nil, breaker: nil),
                    ])),
            TopRow(status("mail", available: 7, oldest: .milliseconds(400), paused: "a move"), TopRates.Minute(), nil),
            TopRow(status("web", workers: 0), nil, nil),
            TopRow(status("archive", available: 40_000, oldest: .seconds(90_000), workers: 0, depth: 100), nil, nil),
        ], queues: 4)

    private static func withoutEnd(_ line: String) -> String { String(line.reversed().drop { $0 == " " }.reversed()) }

    @Test func eightyColumns() {
        let lines = TopScreen(width: 80, height: 24).lines(TopState(Self.snapshot))
        #expect(lines.count == 24)
        #expect(
            lines.prefix(8).map(Self.withoutEnd) == [
                "sluice top  127.0.0.1:6379  namespace prod  12:00:01 UTC",
                "4 queues  41,241 waiting  8 running  a minute: 1,200 in, 1,180 out, 3.3 failed",
                "redis 7.0.15  memory 12.3 MB of 256 MB  clock as here",
                " QUEUE         vWAITING   RUNNING   OLDEST    IN/M   OUT/M   FAIL/M  STATE",
                ">archive         40,000         0    1d 1h       -       -        -  no worker;…",
                " images           1,234         8   3m 12s   1,200   1,180      3.3  limited: a…",
                " mail                 7         0    400ms       0       0        0  paused 5m:…",
                " web                  0         0        -       -       -        -  ok",
            ])
        #expect(lines[8..<23].allSatisfy { $0.isEmpty })
        #expect(lines.last == "q quit  arrows select  s sort  r reverse  p pause or resume  e explain")
    }

    @Test func fortyColumns() {
        let lines = TopScreen(width: 40, height: 24).lines(TopState(Self.snapshot))
        #expect(lines.count == 24 && lines.allSatisfy { $0.count <= 40 })
        #expect(
            lines[3..<8].map(Self.withoutEnd) == [
                " QUEUE        vWAITING   RUNNING  STATE",
                ">archive        40,000         0  no wo…",
                " images          1,234         8  limit…",
                " mail                7         0  pause…",
                " web                 0         0  ok",
            ])
    }

    @Test func twoHundredColumns() {
        let lines = TopScreen(width: 200, height: 24).lines(TopState(Self.snapshot))
        #expect(lines.allSatisfy { $0.count <= 200 })
        let text = lines.joined(separator: "\n")
        for column in TopColumn.allCases { #expect(text.contains(column.rawValue)) }
        #expect(
            lines[5].hasSuffix(
                "2  limited: all 8 places taken; breaker open: tmdb; waits at: smtp; limited: account=42"))
        #expect(lines[4].trimmingCharacters(in: .whitespaces).hasSuffix("no worker; full"))
        #expect(lines[6].contains("paused 5m: a move"))
    }

    @Test(arguments: [1, 5, 10, 39, 41, 60, 79, 81, 100, 500], [1, 2, 3, 5, 8, 9, 10, 24, 100])
    func everySizeIsKept(_ width: Int, _ height: Int) {
        var state = TopState(Self.snapshot)
        for mode in [TopState.Mode.list, .question("images", pauses: true), .text([String(repeating: "long ", count: 500)])] {
            state.mode = mode
            let lines = TopScreen(width: width, height: height).lines(state)
            #expect(lines.count <= max(height, 3) && lines.allSatisfy { $0.count <= max(width, 10) })
        }
    }

    @Test func coloursMarkAndNeverWiden() throws {
        let plain = TopScreen(width: 100, height: 24).lines(TopState(Self.snapshot))
        let painted = TopScreen(width: 100, height: 24, style: Style(isColoured: true)).lines(TopState(Self.snapshot))
        func bare(_ line: String) -> String { line.replacing(/\u{1B}\[[0-9]+m/, with: "") }
        #expect(
            painted.map(bare).map { $0.trimmingCharacters(in: .whitespaces) }
                == plain.map { $0.trimmingCharacters(in: .whitespaces) })
        #expect(painted[4].hasPrefix("\u{1B}[7m>archive") && painted[6].contains("\u{1B}[33mpaused"))
        #expect(painted[5].contains("\u{1B}[31m"))
    }

    @Test func whatIsAmissIsTold() {
        var snapshot = Self.snapshot
        snapshot.server.ahead = .seconds(-75)
        snapshot.server.memory = 250_000_000
        snapshot.queues = 1200
        var state = TopState(snapshot)
        state.trouble = "Redis cannot be\u{1B}[2J reached"
        let lines = TopScreen(width: 120, height: 24).lines(state)
        #expect(lines[1].hasPrefix("4 of 1,200 queues  "))
        #expect(lines[2] == "redis 7.0.15  memory 250 MB of 256 MB: nearly full  its clock is 1m 15s behind this host's")
        #expect(lines.last == "no news: Redis cannot be\\u{1b}[2J reached")
        let empty = TopSnapshot(time: "", server: snapshot.server, rows: [], queues: 0)
        #expect(TopScreen(width: 80, height: 24).lines(TopState(empty))[4] == "no queue has been used so far")
    }

    @Test func theSelectedQueueStaysInSight() {
        let rows = (0..<100).map { TopRow(Self.status(QueueName(stringLiteral: "q\($0 + 100)"), available: 100 - $0), nil, nil) }
        var state = TopState(TopSnapshot(time: "", server: Self.snapshot.server, rows: rows, queues: 100))
        let screen = TopScreen(width: 80, height: 24)
        for _ in 0..<120 {
            let selected = screen.lines(state).filter { $0.hasPrefix(">") }
            #expect(selected.count == 1 && selected.first?.contains(state.selected?.text ?? "?") == true)
            _ = state.press(.down)
        }
        #expect(state.selected == "q199" && screen.lines(state).dropLast().last?.hasPrefix(">q199") == true)
    }

    @Test func withoutATerminalItIsATable() {
        let lines = TopText.lines(Self.snapshot)
        #expect(lines.count == 5)
        #expect(lines[0].hasPrefix("QUEUE    WAITING  LATER  RUNNING"))
        #expect(
            lines[1] == "archive   40,000      0        0   1d 1h      -      -       -        0  no worker; full")
    }
}
