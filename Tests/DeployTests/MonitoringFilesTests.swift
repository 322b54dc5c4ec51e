import Foundation
import Subprocess
import SystemPackage
import Testing

/// The files of `deploy/monitoring` are ones that Prometheus and Grafana take, and name what is there.
@Suite(.timeLimit(.minutes(5)))
struct MonitoringFilesTests {
    private static let folder = Runbook.root.appending(path: "deploy/monitoring")

    private static let promtool: String? = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        .map { "\($0)/promtool" }.first(where: FileManager.default.isExecutableFile(atPath:))

    private static let missing: Comment = "promtool is not in PATH; Debian's package prometheus has it"

    private static func text(_ name: String) throws -> String {
        try String(contentsOf: folder.appending(path: name), encoding: .utf8)
    }

    // MARK: What they name

    /// The names of the tables of the article, which other tests hold against what is exported.
    private static func exported() throws -> Set<String> {
        let path = "Sources/Sluice/Sluice.docc/Running/Metrics.md"
        let article = try String(contentsOf: Runbook.root.appending(path: path), encoding: .utf8)
        return Set(article.matches(of: /\n\| `(sluice_[a-z_]+)` \|/).map { String($0.1) })
    }

    /// The metrics that a text names; a bucket is a part of its histogram.
    private static func named(in text: String) -> Set<String> {
        Set(text.matches(of: /sluice_[a-z_]+/).map { String($0.output).replacing(/_bucket$/, with: "") })
    }

    @Test(arguments: ["alerts.yaml", "alerts_test.yaml", "grafana.json"])
    func everyMetricIsExported(_ file: String) throws {
        let exported = try Self.exported()
        #expect(exported.count > 30)
        let named = Self.named(in: try Self.text(file))
        #expect(named.count > 20)
        #expect(named.subtracting(exported) == [])
    }

    /// The board shows all, but for numbers of which another panel shows more.
    @Test func theBoardShowsEveryMetric() throws {
        let others: Set = [
            "sluice_jobs_enqueued_total", "sluice_jobs_started_total", "sluice_webhooks_dead_total",
            "sluice_webhooks_delivered_total",
        ]
        #expect(try Self.exported().subtracting(Self.named(in: try Self.text("grafana.json"))) == others)
    }

    // MARK: Alerts

    private struct Alert {
        var name: String
        var text: String

        static func all() throws -> [Alert] {
            try MonitoringFilesTests.text("alerts.yaml").components(separatedBy: "- alert: ").dropFirst().map { text in
                Alert(name: String(text.prefix { $0 != "\n" }), text: text)
            }
        }
    }

    @Test func everyAlertHasAllThatPeopleNeed() throws {
        let alerts = try Alert.all()
        #expect(alerts.count > 25)
        #expect(Set(alerts.map(\.name)).count == alerts.count)
        for alert in alerts {
            for part in [/\n +for: [0-9]+[mh]\n/, /severity: (?:warning|critical)\}/, /\n +summary: \S/, /\n +description: \S/] {
                #expect(alert.text.contains(part), "\(alert.name)")
            }
            #expect(alert.text.contains("/deploy/RUNBOOK.md#\(Runbook.anchor(alert.name))\n"), "\(alert.name)")
        }
    }

    @Test func everyAlertHasAnEntryInTheRunbook() throws {
        let entries = try Runbook().headings.filter { $0.hasPrefix("Sluice") }
        #expect(Set(entries) == Set(try Alert.all().map(\.name)))
    }

    /// Each alert is expected to fire once, and to be silent while all is well.
    @Test func everyAlertHasACaseInWhichItFiresAndOneInWhichItIsSilent() throws {
        let text = try Self.text("alerts_test.yaml")
        let healthy = try #require(text.components(separatedBy: "- name: ").dropFirst().first)
        for alert in try Alert.all() {
            #expect(healthy.contains("{alertname: \(alert.name), eval_time: 5h}"), "\(alert.name)")
            let cases = text.components(separatedBy: "- alertname: \(alert.name)\n").dropFirst()
            #expect(cases.contains { $0.components(separatedBy: "- alertname: ")[0].contains("exp_labels:") }, "\(alert.name)")
        }
    }

    // MARK: promtool

    @Test(.enabled(if: promtool != nil, missing))
    func promtoolTakesTheRulesAndTheirTests() async throws {
        #expect(try await Self.check(["check", "rules", Self.folder.appending(path: "alerts.yaml").path]).contains("SUCCESS"))
        let tests = Self.folder.appending(path: "alerts_test.yaml").path
        #expect(try await Self.check(["test", "rules", tests]).contains("SUCCESS"))
    }

    @Test(.enabled(if: promtool != nil, missing))
    func promtoolTakesTheConfiguration() async throws {
        let path = Self.folder.appending(path: "prometheus.yml").path
        #expect(try await Self.check(["check", "config", "--syntax-only", path]).contains("SUCCESS"))
    }

    /// Each expression of the board is one that Prometheus can read, with the variables filled in.
    @Test(.enabled(if: promtool != nil, missing))
    func promtoolTakesTheExpressionsOfTheBoard() async throws {
        let expressions = try Board.read(Self.text("grafana.json")).panels.flatMap { $0.targets ?? [] }.map(\.expr)
        #expect(expressions.count > 40)
        let rules = expressions.enumerated().map { number, text in
            ["record": "board_\(number)", "expr": text.replacing("$site", with: ".*").replacing("$queue", with: ".*")]
        }
        let groups: [String: Any] = ["groups": [["name": "board", "rules": rules] as [String: Any]]]
        // JSON is YAML, too.
        let data = try JSONSerialization.data(withJSONObject: groups, options: .withoutEscapingSlashes)
        let file = String(decoding: data, as: UTF8.self)
        #expect(try await Self.check(["check", "rules", "/dev/stdin"], input: file).contains("SUCCESS"))
    }

    private static func check(_ words: [String], input: String = "") async throws -> String {
        let result = try await Subprocess.run(
            .path(FilePath(try #require(promtool))), arguments: Arguments(words), input: .string(input),
            output: .string(limit: 1 << 16), error: .string(limit: 1 << 16))
        let said = result.standardOutput + result.standardError
        #expect(result.terminationStatus.isSuccess, "\(said)")
        return said
    }

    // MARK: Grafana

    @Test func theBoardIsOneThatGrafanaTakes() throws {
        let text = try Self.text("grafana.json")
        let board = try Board.read(text)
        #expect(board.schemaVersion >= 38)
        #expect(Set(board.templating.list.map(\.name)) == ["datasource", "site", "queue"])
        #expect(Set(board.panels.map(\.id)).count == board.panels.count)
        for panel in board.panels where panel.type != "row" {
            #expect(panel.description?.isEmpty == false, "\(panel.title)")
            #expect(panel.datasource?.uid == "${datasource}", "\(panel.title)")
            #expect(panel.targets?.isEmpty == false, "\(panel.title)")
        }
        // The board has an id of its own. All others are the variable.
        let ids = text.matches(of: /"uid": "([^"]*)"/).map { String($0.1) }
        #expect(Set(ids) == ["sluice", "${datasource}"] && ids.count { $0 == "sluice" } == 1)
    }

    @Test func noPanelCoversAnother() throws {
        var taken: [[Int]: String] = [:]
        for panel in try Board.read(Self.text("grafana.json")).panels {
            let place = panel.gridPos
            #expect(place.x + place.w <= 24)
            for x in place.x..<place.x + place.w {
                for y in place.y..<place.y + place.h {
                    let other = taken.updateValue(panel.title, forKey: [x, y])
                    #expect(other == nil, "\(panel.title)")
                }
            }
        }
    }
}

/// What the tests read of a board of Grafana.
private struct Board: Decodable {
    struct Place: Decodable {
        var x: Int
        var y: Int
        var w: Int
        var h: Int
    }

    struct Source: Decodable {
        var uid: String
    }

    struct Target: Decodable {
        var expr: String
    }

    struct Panel: Decodable {
        var id: Int
        var type: String
        var title: String
        var description: String?
        var datasource: Source?
        var targets: [Target]?
        var gridPos: Place
    }

    struct Variable: Decodable {
        var name: String
    }

    struct Variables: Decodable {
        var list: [Variable]
    }

    var schemaVersion: Int
    var templating: Variables
    var panels: [Panel]

    static func read(_ text: String) throws -> Board { try JSONDecoder().decode(Board.self, from: Data(text.utf8)) }
}
