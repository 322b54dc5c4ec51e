import SluiceCore
import Testing

/// The longest job and the times that follow from it are the same in all files.
struct TimesTests {
    /// How long a stop may take beyond the longest job: to end commands that do not end by themselves, and to give jobs back.
    private static let margin = Duration.seconds(30)

    private struct Times: Equatable {
        var longestJob: Duration
        var stop: Duration
    }

    private static func durations(_ name: String, _ pattern: Regex<(Substring, Substring)>) throws -> [Duration] {
        try DeployFiles.text(name).matches(of: pattern).map { match in
            // A number without a unit has seconds.
            let text = String(match.output.1)
            return try DurationText.parse(text.last?.isNumber == true ? text + "s" : text)
        }
    }

    /// The times of a file, which gives each of them once or several times alike.
    private static func times(
        _ name: String, job: Regex<(Substring, Substring)>, stop: Regex<(Substring, Substring)>
    ) throws -> Times {
        let jobs = try durations(name, job)
        let longest = try #require(jobs.first, "\(name)")
        #expect(jobs.allSatisfy { $0 == longest }, "\(name)")
        return Times(longestJob: longest, stop: try #require(try durations(name, stop).first, "\(name)"))
    }

    private static func all() throws -> [(name: String, times: Times)] {
        let units = "systemd/sluice-worker@.service"
        let manifest = "kubernetes/base/worker.yaml"
        return [
            (units, try times(units, job: /(?m)^Environment=LONGEST_JOB=(\S+)$/, stop: /(?m)^TimeoutStopSec=(\S+)$/)),
            (manifest, try times(manifest, job: /--longest-job=(\S+)/, stop: /terminationGracePeriodSeconds: (\S+)/)),
            ("compose.yaml", try times("compose.yaml", job: /--longest-job=(\S+)/, stop: /stop_grace_period: (\S+)/)),
        ]
    }

    @Test func aStopWaitsForTheLongestJobEverywhere() throws {
        for (name, times) in try Self.all() { #expect(times.stop == times.longestJob + Self.margin, "\(name)") }
    }

    @Test func theLongestJobIsTheSameEverywhere() throws {
        let all = try Self.all()
        for (name, times) in all { #expect(times == all.first?.times, "\(name)") }
    }

    /// No other option contradicts the one number.
    @Test func everyWorkerGetsTheOneNumber() throws {
        let names = try DeployFiles.names().filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".service") || $0.hasSuffix(".env") }
        for name in names {
            let lines = try DeployFiles.text(name).split(separator: "\n").filter { !$0.hasPrefix("#") }
            for line in lines { #expect(!line.contains("--lease") && !line.contains("--grace"), "\(name): \(line)") }
        }
        let compose = try DeployFiles.text("compose.yaml")
        let workers = compose.matches(of: /<<: \*worker/).count
        #expect(workers == 2 && compose.matches(of: /--longest-job=/).count == workers)
        #expect(try DeployFiles.text("systemd/sluice-worker@.service").contains(" --longest-job ${LONGEST_JOB} "))
    }

    /// A rollout waits for old workers, which take as long as a stop.
    @Test func aRolloutWaitsForOldWorkers() throws {
        let manifest = "kubernetes/base/worker.yaml"
        let deadline = try #require(try Self.durations(manifest, /progressDeadlineSeconds: (\S+)/).first)
        let stop = try #require(try Self.durations(manifest, /terminationGracePeriodSeconds: (\S+)/).first)
        #expect(deadline > stop * 2)
    }

    /// A relay of web hooks has no longest job: its grace is what the program has unless told otherwise.
    @Test func aStopOfTheRelayLeavesItTimeEverywhere() throws {
        let files = [
            ("systemd/sluice-webhooks.service", /(?m)^TimeoutStopSec=(\S+)$/),
            ("kubernetes/base/webhooks.yaml", /terminationGracePeriodSeconds: (\S+)/),
            ("compose.yaml", /(?s)\n  webhooks:\n.*?stop_grace_period: (\S+)/),
        ]
        for (name, pattern) in files {
            #expect(try Self.durations(name, pattern) == [.seconds(30) + Self.margin], "\(name)")
        }
    }

    /// A failover ends before leases do, which are 30 s unless set.
    @Test func aFailoverIsShorterThanALease() throws {
        let text = try DeployFiles.text("redis/sentinel.conf")
        let line = try #require(text.firstMatch(of: /(?m)^sentinel down-after-milliseconds \S+ (\d+)$/))
        let down = try #require(Int(line.output.1))
        #expect(Duration.milliseconds(4 * down) < .seconds(30))
    }
}
