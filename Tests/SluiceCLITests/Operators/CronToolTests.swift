import Foundation
import SluiceTesting
import Testing

/// Cron as scripts meet it.
@Suite(.timeLimit(.minutes(10)))
struct CronToolTests {
    private struct Entry: Decodable {
        struct Pause: Decodable { var reason: String }
        struct Tick: Decodable {
            var tick: String; var outcome: String; var job: String?
        }
        var name: String
        var queue: String
        var expression: String
        var zone: String
        var kind: String
        var overlap: String
        var catch_up: String
        var jitter_ms: Int
        var limit: Int?
        var runs: Int
        var next: String?
        var paused: Pause?
        var source: String
        var declared: Bool
        var last: Tick?
    }

    private func entries(_ tool: Tool) async throws -> [Entry] {
        try await tool.run("cron", "list", "--json").decoded([Entry].self)
    }

    @Test func anEntryIsAddedListedChangedAndRemoved() async throws {
        let tool = try await Tool()
        let add = try await tool.run(
            "cron", "add", "digest", "0 7 * * MON-FRI", "--queue", "mail", "--tz", "Europe/Berlin", "--kind", "digest", "--args",
            #"{"to":"a@b.c"}"#, "--overlap", "skip")
        #expect(add.status == 0, "\(add.error)")
        let next = add.output.wholeMatch(
            of: /digest was added to mail\. It fires at 07:00 on Monday to Friday\. Next: (.*)\n/)?.output.1
        #expect(
            next?.wholeMatch(of: /[A-Z][a-z]{2} \d{4}-\d\d-\d\d 07:00:00 \+0[12]:00, in .*\./) != nil, "\(add.output)")
        let options = ["--catch-up", "all=3", "--jitter", "30s", "--limit", "9", "--priority", "2", "--partition", "a=1"]
        let arguments = [
            "--redis", tool.url, "--namespace", tool.namespace, "cron", "add", "beat", "* * * * *", "--queue", "mail",
        ]
        #expect(try await Tool.run(arguments + options).status == 0)
        let list = try await entries(tool)
        #expect(list.map(\.name) == ["beat", "digest"])
        #expect(list[0].catch_up == "all=3" && list[0].jitter_ms == 30_000 && list[0].limit == 9)
        #expect(list[1].overlap == "skip" && list[1].zone == "Europe/Berlin" && list[1].kind == "digest")
        #expect(list.allSatisfy { $0.source == "operator" && $0.declared && $0.runs == 0 && $0.next != nil })
        let text = try await tool.run("cron", "list", "--queue", "mail")
        #expect(text.output.contains("0 7 * * MON-FRI  Europe/Berlin"), "\(text.output)")
        let again = try await tool.run(
            "cron", "add", "digest", "0 8 * * *", "--queue", "mail", "--tz", "Europe/Berlin", "--json")
        #expect(again.output.contains(#""result":"changed","next":"2"#), "\(again.output)")
        #expect(try await tool.run("cron", "remove", "digest").output == "digest was removed from mail\n")
        let gone = try await tool.run("cron", "remove", "digest")
        #expect(gone.status == 1)
        #expect(gone.error == "sluice: no queue has a cron entry 'digest'. See: sluice cron list\n")
        let raw = try await tool.server.cli("HGETALL", "\(tool.namespace):{mail}:cron")
        #expect(raw.contains(#"{"expression":"* * * * *","zone":"UTC","job":{"kind":"exec""#), "\(raw)")
        #expect(try await tool.run("audit").status == 0)
    }

    @Test func anEntryIsPausedResumedAndRunByHand() async throws {
        let tool = try await Tool()
        _ = try await tool.run("cron", "add", "e", "0 0 1 1 *", "--queue", "mail")
        #expect(try await tool.run("cron", "pause", "e", "--reason", "a move").output == "e is paused in mail\n")
        let again = try await tool.run("cron", "pause", "e")
        #expect(again.status == 1 && again.output == "e was paused already\n")
        #expect(try await entries(tool).first?.paused?.reason == "a move")
        #expect(try await tool.run("cron", "list").output.contains("paused: a move"))
        let first = try await tool.run("cron", "run", "e")
        let second = try await tool.run("cron", "run", "e", "--queue", "mail", "--json")
        #expect(first.output.hasPrefix("cron:e:") && second.output.contains(#""id":"cron:e:"#))
        let id = first.output.trimmingCharacters(in: .newlines)
        #expect(try await tool.run("jobs", "show", id).status == 0)
        #expect(try await tool.run("cron", "resume", "e").output == "e goes on in mail\n")
        #expect(try await tool.run("cron", "resume", "e").status == 1)
        let history = try await tool.run("cron", "history", "e", "--json")
        #expect(try history.decoded([Entry.Tick].self).map(\.outcome) == ["by hand", "by hand"])
        #expect(try await tool.run("cron", "history", "e").output.contains("by hand  cron:e:"))
    }

    @Test func aNameThatTwoQueuesHaveNeedsTheQueue() async throws {
        let tool = try await Tool()
        for queue in ["mail", "other"] { _ = try await tool.run("cron", "add", "e", "@daily", "--queue", queue) }
        let result = try await tool.run("cron", "pause", "e")
        #expect(result.status == 2)
        #expect(result.error == "sluice: queues mail, other have a cron entry 'e' each: say which with --queue\n")
        #expect(try await tool.run("cron", "pause", "e", "--queue", "other").output == "e is paused in other\n")
        #expect(try await entries(tool).map { $0.paused != nil } == [false, true])
    }

    @Test func theComingTicksOfAnExpressionAreShown() async throws {
        let arguments = ["cron", "next", "30 2 * * *", "--tz", "Europe/Berlin", "--from", "2026-03-28T12:00:00Z", "--count", "2"]
        let text = try await Tool.run(arguments)
        #expect(text.status == 0, "\(text.error)")
        let lines = text.output.split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines[0].hasPrefix("Sun 2026-03-29 03:00:00 +02:00"), "\(text.output)")
        #expect(lines[1].hasPrefix("Mon 2026-03-30 02:30:00 +02:00"), "\(text.output)")
        let json = try await Tool.run(arguments + ["--json"])
        #expect(
            json.output == #"[{"at":"2026-03-29T01:00:00.000Z","local":"Sun 2026-03-29 03:00:00 +02:00"},"#
                + #"{"at":"2026-03-30T00:30:00.000Z","local":"Mon 2026-03-30 02:30:00 +02:00"}]"# + "\n")
        #expect(try await Tool.run(["cron", "next", "@every 90s"]).output.split(separator: "\n").count == 5)
    }

    @Test func aFaultIsPointedAt() async throws {
        for arguments in [["next", "0 0 30 2 *"], ["add", "e", "0 0 30 2 *", "--queue", "mail"]] {
            let result = try await Tool.run(["--redis", "redis://127.0.0.1:1", "cron"] + arguments)
            #expect(result.status == 2)
            #expect(
                result.error == """
                    sluice: this is no cron expression:
                      0 0 30 2 *
                          ^
                    No day 30 ever comes in FEB: write a day from 1 to 29, or other months.

                    """)
        }
    }

    /// Nothing listens there: whatever was sent would end with 3.
    @Test(arguments: [
        ["next", "61 * * * *"], ["next", "* * *"], ["next", "@evry 5s"], ["next", "@daily", "--tz", "Mars/Phobos"],
        ["next", "@daily", "--count", "0"],
        ["add", "e", "61 * * * *", "--queue", "q"], ["add", "a b", "@daily", "--queue", "q"], ["add", "e", "@daily"],
        ["add", "e", "@daily", "--queue", "q", "--tz", "Mars/Phobos"], ["add", "e", "@daily", "--queue", "q", "--limit", "0"],
        ["add", "e", "@daily", "--queue", "q", "--start", "2000000000", "--end", "1000000000"],
        ["add", "e", "@every 5s", "--queue", "q", "--jitter", "5s"],
        ["add", "e", "@daily", "--queue", "q", "--catch-up", "some"],
        ["add", "e", "@daily", "--queue", "q", "--catch-up", "all=0"], ["add", "e", "@daily", "--queue", "q", "--overlap", "no"],
        ["add", "e", "@daily", "--queue", "q", "--args", "{"], ["add", "e", "@daily", "--queue", "q", "--priority", "10"],
        ["add", "e", "@daily", "--queue", "q", "--max-attempts", "0"], ["add", "e", "@daily", "--queue", "q", "--needs", "a b"],
        ["add", "e", "@daily", "--queue", "q", "--encrypt"], ["add", "e", "@daily", "--queue", "q", "--args-version", "0"],
        ["pause", "a b"], ["history", "e", "--limit", "0"],
    ]) func whatMakesNoSenseIsRefusedBeforeAnythingIsSent(arguments: [String]) async throws {
        let result = try await Tool.run(["--redis", "redis://127.0.0.1:1", "cron"] + arguments)
        #expect(result.status == 2, "\(arguments) \(result.error)")
        #expect(result.output == "")
        #expect(result.error.hasPrefix("sluice: "))
    }
}
