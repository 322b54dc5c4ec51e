import Foundation
import SluiceCore
import SluiceInspector
import Testing

/// The calculation of forecasts, without a server.
struct OutlookTests {
    /// A thousand jobs, two workers of ten places, runs of a second: twenty jobs a second.
    private static var busy: Outlook {
        var outlook = Outlook()
        outlook.backlog = 1000
        outlook.lanes = 1
        outlook.running = 20
        outlook.workers = [10, 10]
        outlook.pace.mean = 1
        return outlook
    }

    private static func middle(_ answer: Forecast.Answer) -> Double? {
        guard case .drains(let range) = answer else { return nil }
        return (range.lowerBound + range.upperBound) / .seconds(2)
    }

    private static func gate(
        _ name: String, lanes: Int, concurrency: Int? = nil, open: Date? = nil
    ) -> GateStatus {
        GateStatus(
            gate: name, running: 1, concurrency: concurrency, lanesWaiting: lanes, rate: nil,
            breaker: open.map { .init(state: .open, until: $0) })
    }

    @Test func placesBind() throws {
        let found = Self.busy.answer()
        #expect(found.bound == .places(20))
        let seconds = try #require(Self.middle(found.answer))
        #expect((45.0...57).contains(seconds))
        let more = Self.busy.answer(more: 2)
        #expect(more.places == 40)
        #expect(more.bound == .places(40))
        #expect((22.0...29).contains(try #require(Self.middle(more.answer))))
        #expect(Self.busy.answer(more: -2).bound == .noWorkers)
    }

    @Test func aLimitBindsWhateverTheWorkers() throws {
        var outlook = Self.busy
        outlook.concurrency = 5
        outlook.running = 5
        #expect(outlook.answer().bound == .concurrency(5))
        #expect((180.0...230).contains(try #require(Self.middle(outlook.answer().answer))))
        #expect(outlook.answer(more: 2).answer == outlook.answer().answer)
        outlook = Self.busy
        outlook.rate = (allowance: 100, period: .seconds(10))
        #expect(outlook.answer().bound == .rate(allowance: 100, period: .seconds(10)))
        #expect((90.0...115).contains(try #require(Self.middle(outlook.answer().answer))))
        // A rate that more workers reach.
        outlook.rate = (allowance: 300, period: .seconds(10))
        #expect(outlook.answer().bound == .places(20))
        #expect(outlook.answer(more: 2).bound == .rate(allowance: 300, period: .seconds(10)))
    }

    @Test func lanesBindIfAllWait() throws {
        var outlook = Self.busy
        outlook.lanes = 3
        outlook.running = 4
        outlook.gates = [Self.gate("host=a", lanes: 2, concurrency: 2), Self.gate("host=b", lanes: 1, concurrency: 2)]
        #expect(outlook.answer().bound == .lanes(gates: ["host=a", "host=b"]))
        #expect((225.0...290).contains(try #require(Self.middle(outlook.answer().answer))))
        #expect(outlook.answer(more: 5).answer == outlook.answer().answer)
        outlook.lanes = 4
        #expect(outlook.answer().bound == .places(20))
    }

    @Test func nothingStarts() {
        var outlook = Self.busy
        outlook.pause = "deploy"
        #expect(outlook.answer().answer == .stalled)
        #expect(outlook.answer().bound == .paused(reason: "deploy"))
        outlook = Self.busy
        outlook.workers = []
        #expect(outlook.answer().answer == .stalled)
        #expect(outlook.answer().bound == .noWorkers)
        outlook = Self.busy
        let until = Date(timeIntervalSince1970: 5)
        outlook.running = 0
        outlook.gates = [Self.gate("smtp", lanes: 1, open: until)]
        #expect(outlook.answer().answer == .stalled)
        #expect(outlook.answer().bound == .breaker(gate: "smtp", until: until))
        // No start in minutes, though jobs wait and workers live.
        outlook = Self.busy
        outlook.running = 0
        (outlook.pace.starts, outlook.pace.observed) = (0, 120)
        #expect(outlook.answer().answer == .stalled)
    }

    /// A dependency that is off, or whose breaker is open, and lanes that wait for it.
    @Test func whatIsHeldIsNamed() throws {
        let until = Date(timeIntervalSince1970: 5)
        var outlook = Self.busy
        outlook.lanes = 3
        outlook.gates = [Self.gate("tmdb", lanes: 2), Self.gate("host=a", lanes: 1, open: until)]
        outlook.off = [(dependency: "tmdb", lanes: 2), (dependency: "smtp", lanes: 0)]
        let off = Forecast.Held(.off(dependency: "tmdb"), lanes: 2)
        let open = Forecast.Held(.breaker(gate: "host=a", until: until), lanes: 1)
        #expect(outlook.held == [off, open])
        // All lanes wait there: nothing starts, though jobs still run and workers live.
        #expect(outlook.answer().answer == .stalled)
        #expect(outlook.answer().bound == .off(dependency: "tmdb"))
        #expect(outlook.answer(more: 2).bound == .off(dependency: "tmdb"))
        #expect(outlook.start(ahead: 0...0).answer == .stalled)
        // One lane is free: the places bind.
        outlook.lanes = 4
        #expect(outlook.held == [off, open])
        #expect(outlook.answer().bound == .places(20))
        #expect(Self.middle(outlook.answer().answer) != nil)
        // The fourth waits for the rate of its gate, and nothing runs.
        outlook.gates.append(Self.gate("host=b", lanes: 1))
        outlook.running = 0
        #expect(outlook.answer().answer == .stalled)
        #expect(outlook.answer().bound == .off(dependency: "tmdb"))
        // A dependency is named once, even if its breaker is open, too.
        outlook.gates = [Self.gate("tmdb", lanes: 2, open: until)]
        #expect(outlook.held == [off])
        outlook.pause = "deploy"
        #expect(outlook.answer().bound == .paused(reason: "deploy"))
        #expect(outlook.held == [off])
    }

    @Test func arrivalsCount() throws {
        var outlook = Self.busy
        outlook.pace.starts = 20
        outlook.pace.arrivals = 10...10
        #expect((85.0...125).contains(try #require(Self.middle(outlook.answer().answer))))
        outlook.pace.arrivals = 32...32
        guard case .grows(let perSecond) = outlook.answer().answer else {
            Issue.record("\(outlook.answer().answer)")
            return
        }
        #expect((11.0...13).contains(perSecond))
        outlook.pace.arrivals = 20...20
        #expect(outlook.answer().answer == .steady)
        // Failed attempts take places as well.
        outlook.pace.arrivals = 0...0
        outlook.pace.runsPerJob = 2
        #expect((90.0...115).contains(try #require(Self.middle(outlook.answer().answer))))
    }

    @Test func anEmptyQueueAndOneWithoutRuns() {
        var outlook = Self.busy
        outlook.backlog = 0
        #expect(outlook.answer().answer == .empty)
        #expect(outlook.answer().bound == .nothing)
        outlook.pause = ""
        #expect(outlook.answer().bound == .paused(reason: ""))
        outlook = Self.busy
        outlook.pace.mean = nil
        #expect(outlook.answer().answer == .noData)
    }

    @Test func bulkEnqueuesAreNoStream() {
        let minutes = (0..<5).map { index in
            History.Point(
                start: Date(timeIntervalSince1970: Double(index) * 60),
                counts: index == 0 ? ["enqueued": 100_000] : ["started": 600])
        }
        let pace = Pace(minutes, waiting: .seconds(280), now: Date(timeIntervalSince1970: 290))
        #expect(pace.arrivals == 0...0)
        // 2,400 starts in 290 s of which 280 count.
        #expect((8.0...11).contains(pace.starts ?? 0))
        #expect(Pace([], waiting: .zero, now: Date()).mean == nil)
    }

    @Test func aJobStartsAfterThoseBeforeIt() throws {
        var outlook = Self.busy
        guard case .starts(let range) = outlook.start(ahead: 200...200).answer else {
            Issue.record("no range")
            return
        }
        #expect(range.lowerBound < .seconds(10) && range.upperBound > .seconds(10))
        #expect(range.upperBound < .seconds(20))
        outlook.running = 3
        #expect(outlook.start(ahead: 0...0).answer == .starts(.zero ... .zero))
        outlook.pause = "x"
        #expect(outlook.start(ahead: 0...0).answer == .stalled)
    }
}
