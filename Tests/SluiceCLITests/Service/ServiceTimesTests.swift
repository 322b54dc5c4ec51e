import ArgumentParser
import SluiceCore
import SluiceTesting
import SluiceToolSupport
import Subprocess
import Testing

@testable import SluiceCLI

@Suite(.timeLimit(.minutes(5)))
struct ServiceTimesTests {
    struct Row: Sendable {
        var longest: Duration?
        var lease: Duration?
        var grace: Duration?
        /// Lease, grace and stop that follow, in seconds.
        var times: [Double]

        init(_ longest: Duration?, lease: Duration? = nil, grace: Duration? = nil, _ times: [Double]) {
            self.longest = longest
            self.lease = lease
            self.grace = grace
            self.times = times
        }
    }

    @Test(arguments: [
        Row(nil, [30, 30, 60]), Row(nil, lease: .seconds(5), grace: .milliseconds(100), [5, 0.1, 30.1]),
        Row(nil, grace: .zero, [30, 0, 30]),
        Row(.seconds(600), [30, 600, 630]), Row(.seconds(2), [10, 2, 32]), Row(.seconds(20), [20, 20, 50]),
        Row(.seconds(30), [30, 30, 60]), Row(.milliseconds(1), [10, 0.001, 30.001]),
        Row(.seconds(172_800), [30, 172_800, 172_830]),
        Row(.seconds(600), lease: .seconds(3600), [3600, 600, 630]), Row(.seconds(600), grace: .seconds(600), [30, 600, 630]),
        Row(.seconds(600), lease: .seconds(1), grace: .seconds(900), [1, 900, 930]),
    ])
    func allFollowFromOne(_ row: Row) throws {
        let times = try ServiceTimes(
            longestJob: row.longest, lease: row.lease, grace: row.grace, cancellation: .seconds(10))
        #expect([times.lease, times.grace, times.stop].map { Double($0.milliseconds) / 1000 } == row.times)
        // What holds of all of them.
        #expect(times.grace >= (times.longestJob ?? .zero))
        #expect(Duration.seconds(times.stopSeconds) >= times.stop)
        #expect(Duration.seconds(times.stopSeconds - 1) < times.stop)
        #expect(times.stop > times.grace + times.cancellation)
        #expect(ServiceTimes.leases.contains(times.lease))
    }

    @Test func contradictionsAreTold() {
        let cases: [(Duration?, Duration?, Duration?, String)] = [
            (
                .seconds(5400), nil, .seconds(30),
                "--grace 30s is shorter than --longest-job 1h30m: a stop would end such a job. Leave --grace out, or give 1h30m or more"
            ),
            (.zero, nil, nil, "--longest-job is above 0"), (nil, .milliseconds(999), nil, "--lease is 1s to 1d"),
            (nil, .seconds(86_401), nil, "--lease is 1s to 1d"),
        ]
        for (longest, lease, grace, text) in cases {
            #expect(throws: ServiceTimes.Contradiction(description: text)) {
                try ServiceTimes(longestJob: longest, lease: lease, grace: grace, cancellation: .seconds(10))
            }
        }
    }

    @Test(arguments: ["1ms", "1s500ms", "30s", "10m", "1h30m", "2d", "8d1s"])
    func durationsAreWrittenAsTheyAreRead(_ text: String) throws {
        #expect(DurationText.exact(try DurationText.parse(text)) == text)
    }

    @Test func theToolRefusesWhatContradictsInOneLine() async throws {
        for (options, text) in [
            (["--longest-job", "10m", "--grace", "5m"], "--grace 5m is shorter than --longest-job 10m"),
            (["--longest-job", "0s"], "--longest-job is above 0"), (["--longest-job", "soon"], "no duration"),
            (["--lease", "2d"], "--lease is 1s to 1d"),
        ] {
            let result = try await Tool.run(["--redis", "unix:///nonexistent", "worker", "q", "--exec", "cat"] + options)
            #expect(result.status == 2 && result.error.contains(text), "\(result.error)")
            #expect(result.error.split(separator: "\n").count == 1, "\(result.error)")
        }
    }

    @Test func theWorkerLogsWhatItsSupervisorNeeds() async throws {
        let tool = try await Tool()
        let options = ["--longest-job", "10m", "--exit-when-empty", "--log-format", "json"]
        let end = try await tool.worker("cat", options) { _, _ in }
        #expect(end.status == .exited(0))
        let parts = [
            #""TimeoutStopSec":"630""#, #""terminationGracePeriodSeconds":"630""#, #""grace":"10m""#, #""lease":"30s""#,
        ]
        for part in parts {
            #expect(end.log.contains(part), "\(end.log)")
        }
        let help = try await Tool.run(["worker", "--help"])
        for option in ["--longest-job", "--grace", "--lease", "terminationGracePeriodSeconds"] {
            #expect(help.output.contains(option), "\(option)")
        }
    }

    /// The same times, from the command line.
    @Test func optionsOfOldKeepTheirMeaning() throws {
        let command = try TimesOptions.parse(["--lease", "5s", "--grace", "100ms"])
        let times = try command.times()
        #expect(times.lease == .seconds(5) && times.grace == .milliseconds(100) && times.cancellation == .seconds(10))
        let none = try TimesOptions.parse([]).times()
        #expect(none.lease == .seconds(30) && none.grace == .seconds(30))
    }
}
