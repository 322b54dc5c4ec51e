import Foundation
import Subprocess
import SystemPackage
import TestSupport
import Testing

/// A Redis with the users as they are shipped, `default` off, keeps all jobs when it starts anew: it repeats its append-only file as
/// that user.
@Suite(.timeLimit(.minutes(5)))
struct RestartTests {
    private static let script = #"""
        set -eu
        say() { redis-cli -s "$1/s" --user admin --pass change-admin --no-auth-warning $2 $3; }
        start() {
            redis-server --port 0 --unixsocket "$1/s" --dir "$1" --appendonly yes --save '' --aclfile "$1/users.acl" >>"$1/log" &
            until test "$(say "$1" PING '' 2>&1)" = PONG; do kill -0 $!; done
        }
        count() { echo "$(say "$1" HLEN 'sluice:{mail}:spec') $(say "$1" DBSIZE '')"; }
        trap 'kill -9 $! 2>/dev/null || true' EXIT
        start "$1"
        url="unix://admin:change-admin@$1/s"
        "$2" --redis "$url" library load >&2
        for number in 1 2 3 4 5; do printf '{}\n{}\n'; done | "$2" --redis "$url" enqueue mail --lines >&2
        count "$1"
        kill -9 $!
        wait $! || true
        start "$1"
        count "$1"
        say "$1" SHUTDOWN NOSAVE
        """#

    @Test func allJobsAreThereAfterARestart() async throws {
        let folder = try CopiesFolder()
        try folder.write(DeployFiles.text("redis/users.acl"), to: "users.acl")
        let result = try await run(
            .path("/bin/sh"), arguments: ["-c", Self.script, "sh", folder.path, try BuiltProgram.path("sluice")],
            output: .string(limit: 1000), error: .string(limit: 10_000))
        let counts = result.standardOutput.split(separator: "\n")
        #expect(counts.count == 2 && counts.first == counts.last, "\(result.standardOutput) \(result.standardError)")
        #expect(counts.first?.hasPrefix("10 ") == true)
        #expect(try String(contentsOfFile: folder.path + "/log", encoding: .utf8).contains("NOPERM") == false)
    }
}
