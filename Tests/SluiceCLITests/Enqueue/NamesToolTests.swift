import Testing

@testable import SluiceCLI

/// Names of queues, kinds, partitions and jobs that nothing has, or that are given twice.
@Suite(.timeLimit(.minutes(5)))
struct NamesToolTests {
    @Test func namesThatNothingHasAreToldAndMakeNothing() async throws {
        let tool = try await Tool()
        #expect(try await tool.run("enqueue", "mail", "--partition", "customer=42", "--id", "a").status == 0)
        for words in [
            ["queues", "pause", "mial"], ["queues", "resume", "mial"], ["limits", "set", "mial", "concurrency", "4"],
            ["limits", "clear", "mial", "concurrency"], ["dependencies", "off", "smtp", "--queue", "mial"],
            ["dependencies", "on", "smtp", "--queue", "mial"], ["queues", "drain", "mial"],
        ] {
            let result = try await Tool.run(["--redis", tool.url, "--namespace", tool.namespace] + words)
            #expect(result.status == 2 && result.error.contains("there is no queue 'mial': no job was ever"), "\(result)")
        }
        for words in [["queues", "pause", "mial"], ["limits", "set", "mial", "depth", "4"]] {
            let result = try await Tool.run(["--redis", tool.url, "--namespace", tool.namespace] + words)
            #expect(result.error.contains("add --new"), "\(result.error)")
        }
        #expect(try await !tool.run("queues", "list").output.contains("mial"))
        let list = try await tool.run("jobs", "list", "--kind", "none")
        #expect(list.status == 0 && list.output.isEmpty && list.error == "sluice: no job matches\n")
        let unknown = try await tool.run("limits", "set", "mail", "concurrency/custmer", "4")
        #expect(unknown.status == 0 && unknown.error.contains("no declared limit and no job of mail has 'custmer'"))
        for name in ["concurrency/customer", "concurrency", "concurrency/customer=42"] {
            let known = try await tool.run("limits", "set", "mail", name, "4")
            #expect(known.status == 0 && known.error.isEmpty, "\(known.error)")
        }
        // A queue that is first used later.
        #expect(try await tool.run("limits", "set", "later", "concurrency", "4", "--new").status == 0)
        #expect(try await tool.run("queues", "list").output.contains("later"))
        #expect(try await tool.run("dependencies", "off", "smtp", "--new").status == 2)
        // An id that is named twice is changed once.
        let cancel = try await tool.run("jobs", "cancel", "--queue", "mail", "a", "a")
        #expect(cancel.status == 0 && cancel.output == "a  cancelled\n")
    }

    @Test(arguments: [
        ["audit", "mial"], ["audit", "mial", "--repair"], ["doctor", "mial"], ["limits", "list", "mial"], ["tail", "mial"],
        ["cron", "list", "--queue", "mial"], ["dependencies", "list", "--queue", "mial"], ["workers", "--queue", "mial"],
        ["jobs", "errors", "mial"], ["jobs", "purge", "--queue", "mial", "--yes"], ["jobs", "retry", "--queue", "mial", "--yes"],
        ["jobs", "cancel", "--queue", "mial", "a"], ["keys", "usage", "mial"],
    ]) func aQueueThatNothingHasUsedIsNotLookedAt(words: [String]) async throws {
        let tool = try await Tool()
        let result = try await Tool.run(["--redis", tool.url, "--namespace", tool.namespace] + words)
        #expect(result.status == 2 && result.output.isEmpty, "\(result)")
        #expect(result.error == "sluice: there is no queue 'mial': no job was ever enqueued in it, and no worker serves it\n")
    }
}
