import Foundation
import SluiceCore
import Testing

@testable import SluiceCLI
@testable import SluiceInspector

/// Limits, gates and dependencies as people read them.
struct LimitsRenderingTests {
    private static let now = Date(milliseconds: 1_000_000)

    private static func setting(_ name: String, _ value: String) -> QueueLimits.Setting {
        QueueLimits.Setting(name: name, value: value)
    }

    static let limits = QueueLimits(
        queue: "exports", deploy: 7, version: 3,
        declared: [
            setting("breaker/host", "5/30000/20000"), setting("concurrency", "1200"), setting("rate/host", "40/10000/300"),
        ],
        overrides: [
            QueueLimits.Override(setting: setting("concurrency", "4"), until: Date(milliseconds: 1_598_000)),
            QueueLimits.Override(setting: setting("weight/account=42", "8"), until: nil),
        ],
        effective: [
            setting("breaker/host", "5/30000/20000"), setting("concurrency", "4"), setting("rate/host", "40/10000/300"),
        ],
        running: 4, nextStart: nil, isMigrating: false,
        gates: [
            GateStatus(
                gate: "host=tmdb", running: 1, concurrency: nil, lanesWaiting: 1203,
                rate: GateStatus.Rate(used: 40, allowance: 40, next: .milliseconds(1200)),
                breaker: GateStatus.Breaker(state: .open, until: Date(milliseconds: 1_014_000))),
            GateStatus(gate: "account=42", running: 2, concurrency: 2, lanesWaiting: 0, rate: nil, breaker: nil),
        ], time: now)

    @Test func limitsOverridesAndGates() {
        #expect(
            LimitsText.lines([Self.limits]) == [
                "exports: 4 running, deploy 7",
                "LIMIT              DECLARED   OVERRIDE  ENDS          EFFECTIVE",
                "breaker/host       5/30s/20s  -         -             5/30s/20s",
                "concurrency        1200       4         in 9m 58s     4",
                "rate/host          40/10s     -         -             40/10s",
                "weight/account=42  -          8         when cleared  8",
                "",
                "GATE        RUNNING  LANES WAITING   RATE  NEXT  BREAKER",
                "*               4/4              -      -     -  -",
                "host=tmdb         1          1,203  40/40  1.2s  open, 14s",
                "account=42      2/2              0      -     -  -",
            ])
    }

    @Test func itFitsATerminal() {
        var limits = Self.limits
        limits.gates[0].gate = "account=" + String(repeating: "a", count: 60)
        limits.overrides[1].setting.name = "weight/account=" + String(repeating: "b", count: 60)
        for line in LimitsText.lines([limits], width: 80) { #expect(line.count <= 80, "\(line)") }
    }

    @Test(arguments: [
        ("concurrency/account", "12", "12"), ("rate", "300/1000", "300/1s"), ("rate/host", "40/10000/300", "40/10s"),
        ("rate", "1/90061/2702", "1/90061ms"), ("rate", "5/3600000/60000", "5/1h/1m"), ("rate", "5/10/1", "5/10ms"),
        ("breaker/tmdb", "5/30000/20000", "5/30s/20s"), ("weight/a=b", "1000", "1000"), ("rate", "none", "none"),
        ("future", "1/2/3/4", "1/2/3/4"),
    ]) func valuesAreShownAsTheyAreTyped(name: String, value: String, text: String) throws {
        #expect(LimitsText.value(Self.setting(name, value)) == text)
        guard name != "future" else { return }
        let typed = try LimitValue(parsing: text, of: LimitName(parsing: name).kind)
        #expect(value == typed.text || value.hasPrefix(typed.text + "/"))
    }

    @Test func aQueueWithoutLimitsSaysSo() {
        let limits = QueueLimits(
            queue: "mail", deploy: 0, version: 0, declared: [], overrides: [], effective: [], running: 2, nextStart: nil,
            isMigrating: false, gates: [], time: Self.now)
        #expect(LimitsText.isEmpty(limits))
        #expect(LimitsText.lines([limits]) == ["mail: 2 running, no limits"])
    }

    private static let tmdb = DependencyStatus(
        queue: "exports", name: "tmdb", offSince: Date(milliseconds: 820_000), breaker: .closed, openUntil: nil, running: 1,
        lanesWaiting: 12)
    private static let imdb = DependencyStatus(
        queue: "exports", name: "imdb", offSince: nil, breaker: .open, openUntil: Date(milliseconds: 1_014_000), running: 0,
        lanesWaiting: 3)

    @Test func dependenciesByQueue() {
        #expect(
            DependenciesListCommand.table([Self.tmdb, Self.imdb], ["moon"], at: Self.now).lines() == [
                "DEPENDENCY  QUEUE    SWITCHED     BREAKER    RUNNING  LANES WAITING",
                "tmdb        exports  off, 3m ago  closed           1             12",
                "imdb        exports  on           open, 14s        0              3",
                "moon        -        off          -                -              -",
            ])
    }

    @Test func whatASwitchHasDone() {
        func line(_ isListed: Bool, _ queues: [QueueName], in queue: QueueName? = nil) -> String {
            let result = DependencySwitch(name: "tmdb", isOn: false, isListed: isListed, queues: queues)
            return DependencyChange.line(result, in: queue)
        }
        #expect(line(true, ["a", "b"]) == "tmdb is off in a, b")
        #expect(line(true, []) == "tmdb is off, which concerns no queue yet")
        #expect(line(false, []) == "tmdb was off already")
        #expect(line(false, ["a"], in: "a") == "tmdb is off in a")
        #expect(line(false, [], in: "a") == "tmdb was off already in a")
    }

    @Test func theStatusSaysWhatIsOutOfTheOrdinary() {
        let status = QueueStatus("exports", reply: ["now": "1000000"])
        #expect(StatusText.note(Restrictions(overrides: [], unavailable: []), status) == nil)
        let restrictions = Restrictions(overrides: Self.limits.overrides, unavailable: [Self.tmdb, Self.imdb])
        #expect(
            StatusText.note(restrictions, status)
                == "exports: overridden: concurrency 4 for 9m 58s, weight/account=42 8 until cleared; "
                + "tmdb switched off 3m ago; the breaker of imdb is open")
    }

    @Test(arguments: [
        ("tmdb", "tmdb"), ("*", "*"), ("account=42", "account=42"), ("host=a b", "host=a%20b"), ("host=a%20b", "host=a%20b"),
        ("host=50%", "host=50%25"), ("h=~0123456789ABCDEF", "h=~0123456789ABCDEF"),
    ]) func gatesAreWrittenAsTheyAreListed(text: String, gate: String) throws {
        #expect(try GateText.encoded(text) == gate)
    }
}
