import SluiceCore
import Testing

@testable import SluiceCLI
@testable import SluiceInspector

/// The keys of `sluice top`, and its rates.
struct TopStateTests {
    private func order(_ state: TopState) -> [String] { state.rows.map(\.queue.text) }

    private func pressed(_ keys: String, _ state: inout TopState) -> [TopState.Effect] {
        keys.compactMap { state.press(.character($0)) }
    }

    @Test func columnsSort() {
        var state = TopState(TopScreenTests.snapshot)
        #expect(state.column == .waiting && order(state) == ["archive", "images", "mail", "web"])
        _ = pressed("r", &state)
        #expect(order(state) == ["web", "mail", "images", "archive"])
        _ = pressed("s", &state)
        #expect(state.column == .later && !state.isReversed && order(state).first == "images")
        _ = pressed("SS", &state)
        #expect(state.column == .queue && order(state) == ["archive", "images", "mail", "web"])
        _ = pressed("S", &state)
        #expect(state.column == .state && order(state) == ["archive", "images", "mail", "web"])
        _ = pressed("s", &state)
        #expect(state.column == .queue)
    }

    @Test func theSelectionFollowsItsQueue() {
        var state = TopState(TopScreenTests.snapshot)
        #expect(state.selected == "archive")
        _ = pressed("jj", &state)
        #expect(state.selected == "mail")
        _ = pressed("r", &state)
        #expect(state.selected == "mail" && state.position == 1)
        var next = TopScreenTests.snapshot
        next.rows.removeAll { $0.queue == "mail" }
        state.take(next)
        #expect(state.selected == "web")
        _ = pressed("kkkk", &state)
        #expect(state.selected == "web")
        _ = pressed("G", &state)
        #expect(state.selected == "archive")
        _ = state.press(.home)
        #expect(state.selected == "web")
        #expect(pressed("eqx", &state) == [.explain("web"), .quit])
    }

    @Test func aPauseIsAskedFor() {
        var state = TopState(TopScreenTests.snapshot)
        #expect(pressed("p", &state) == [] && state.mode == .question("archive", pauses: true))
        #expect(TopScreen(width: 80, height: 24).lines(state).last == "pause archive? y: yes, any other key: no")
        #expect(pressed("n", &state) == [] && state.mode == .list)
        #expect(pressed("pq", &state) == [] && state.mode == .list)
        #expect(pressed("py", &state) == [.pause("archive")])
        #expect(pressed("jjpy", &state) == [.resume("mail")])
        // The queue that was asked about is meant, whatever moves meanwhile.
        #expect(pressed("p", &state) == [])
        state.take(TopSnapshot(time: "", server: TopScreenTests.snapshot.server, rows: [], queues: 0))
        #expect(pressed("y", &state) == [.resume("mail")])
        #expect(pressed("pejk", &state) == [])
    }

    @Test func aTextIsLeftWithAnyKey() {
        var state = TopState(TopScreenTests.snapshot)
        state.mode = .text(["because"])
        #expect(TopScreen(width: 80, height: 24).lines(state).contains("because"))
        #expect(pressed("q", &state) == [] && state.mode == .list)
        state.message = "paused archive"
        #expect(TopScreen(width: 80, height: 24).lines(state).last == "paused archive")
        _ = state.press(.down)
        #expect(state.message == nil)
    }

    @Test func keysAreRead() {
        #expect(TopKey.keys(Array("jq".utf8)) == [.character("j"), .character("q")])
        #expect(
            TopKey.keys(Array("\u{1B}[A\u{1B}OB\u{1B}[5~\u{1B}[6~\u{1B}[H\u{1B}[4~\r".utf8)) == [
                .up, .down, .pageUp, .pageDown, .home, .end, .enter,
            ])
        #expect(TopKey.keys([0x1B]) == [.escape])
        #expect(TopKey.keys([0x1B, 0x1B]) == [.escape, .escape])
        #expect(TopKey.keys(Array("\u{1B}[1;5Cx".utf8)) == [.character("x")])
        #expect(TopKey.keys(Array("\u{1B}[".utf8)) == [.escape, .character("[")])
        #expect(TopKey.keys([0x00, 0x07, 0xC3, 0xA9, 0xFF]) == [])
    }

    @Test func ratesAreOfAboutAMinute() {
        var rates = TopRates()
        func add(_ completed: Int, at seconds: Int, history: [Int: [String: Int]] = [:]) {
            let status = TopScreenTests.status(
                "mail", totals: ["completed": completed, "enqueued": 2 * completed, "retried": 6], at: seconds * 1000)
            rates.add(status, history: history)
        }
        #expect(!rates.knows("mail") && rates.minute(of: "mail") == nil)
        add(1000, at: 6030)
        #expect(rates.knows("mail") && rates.minute(of: "mail") == nil)
        add(1010, at: 6060)
        #expect(rates.minute(of: "mail") == TopRates.Minute(into: 40, out: 20, failed: 0))
        for second in 6061...6200 { add(1010 + (second - 6060), at: second) }
        #expect(rates.minute(of: "mail")?.into.rounded() == 120 && rates.minute(of: "mail")?.out.rounded() == 60)
        rates.keep(["web"])
        #expect(!rates.knows("mail"))
        // A first look goes by the last two minutes, here 90 s.
        add(500, at: 6030, history: [100: ["completed": 12, "retried": 3], 99: ["completed": 33], 98: ["completed": 400]])
        #expect(rates.minute(of: "mail")?.out.rounded() == 30 && rates.minute(of: "mail")?.failed.rounded() == 2)
    }

    @Test func ratesAreShort() {
        #expect([0, 0.04, 0.25, 1, 9.94, 10, 1234.6].map(TopColumn.rate) == ["0", "0", "0.3", "1", "9.9", "10", "1,235"])
        #expect(TopColumn.rate(nil) == "-")
    }
}
