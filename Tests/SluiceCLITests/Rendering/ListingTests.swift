import Testing

/// Lists of what is kept: what nothing and nonsense look like, the same for all.
@Suite(.timeLimit(.minutes(10)))
struct ListingTests {
    /// Nothing listens there: whatever was sent would end with 3.
    @Test(arguments: [("batches", "batch"), ("workflows", "workflow")])
    func whatMakesNoSenseIsRefused(command: String, noun: String) async throws {
        for (options, what) in [
            (["--state", "lost"], "'lost' is no state of a \(noun)"), (["--limit", "0"], "--limit is 1 to 10000"),
            (["--limit", "10001"], "--limit is 1 to 10000"),
        ] {
            let refused = try await Tool.run(["--redis", "redis://127.0.0.1:1", command, "list"] + options)
            #expect(refused.status == 2 && refused.error.contains(what), "\(refused.error)")
        }
    }

    @Test(arguments: [
        (["batches", "--state", "sealed"], "there are no batches"),
        (["workflows", "--limit", "10000"], "there are no workflows"),
        (["workers"], "no worker is there"), (["cron"], "there are no cron entries"),
    ]) func nothingIsSaidInWordsToPeopleAndAsNothingToPrograms(arguments: [String], words: String) async throws {
        let tool = try await Tool()
        let server = ["--redis", tool.url, "--namespace", tool.namespace]
        let people = try await Tool.run(server + arguments)
        #expect(people.status == 0 && people.output == "" && people.error.contains(words), "\(people)")
        let programs = try await Tool.run(server + arguments + ["--json"])
        #expect(programs.status == 0 && programs.output == "[]\n" && programs.error == "", "\(programs)")
    }
}
