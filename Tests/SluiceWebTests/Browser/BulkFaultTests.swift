import Sluice
import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceTesting
import TestSupport
import Testing

/// A bulk change of the pages whose server is killed in the middle of it.
@Suite(.timeLimit(.minutes(10)))
struct BulkFaultTests {
    struct Change: Sendable {
        var name: String
        var verb: Action.Verb
        /// The state of the jobs that it changes.
        var before: JobState
        /// Their state after it; nil if they are gone.
        var after: JobState?
    }

    /// What was changed stays so, the rest is as it was, and what is left can be changed by the same change again.
    @Test(arguments: [
        Change(name: "delete", verb: .jobsDelete, before: .available, after: nil),
        Change(name: "retry", verb: .jobsRetry, before: .cancelled, after: .available),
    ]) func whatIsLeftCanBeChangedAgain(_ change: Change) async throws {
        let queues = try await TestNamespace(on: try await RedisTestServer.start(), clock: .server)
        let (inspector, files) = (Inspector(queues.store), try ServerFiles())
        try await fill(queues)
        if change.before == .cancelled { try await inspector.change(.cancel, in: "mail") }
        let before = try await jobs(inspector)
        let proxy = try await FaultyProxy(to: queues.server)
        // A step changes 500 jobs at most, so there are some left after the third.
        proxy.fail(["change_where"], after: 2, with: .holdReply)
        try await Visitor.visiting { visitor async throws in
            let first = try await ServerProcess(queues, files, through: proxy.url, ["--secret-file", files.secret])
            try await visitor.logIn(first.url)
            let address = try await count(change, visitor, at: first.url, expecting: before.count)
            try await agree(visitor, first.url + address, to: before.count, because: "by mistake")
            await proxy.heldReplies.wait()
            await first.killAndWait()
            await proxy.close()
            let left = try await countLeft(of: before, change, inspector)
            #expect(left > 0 && left < before.count)
            let begun = try #require(try await inspector.actions(newest: 1).actions.first)
            #expect(begun.verb == change.verb && begun.author.name == "operator" && begun.reason == "by mistake")
            #expect(begun.outcome == nil)

            let second = try await ServerProcess(queues, files, ["--secret-file", files.secret])
            let gone = try await visitor.read(second.url + address)
            #expect(gone.answer.status == 404 && gone.text.contains("the server was restarted"))
            let choice = try await visitor.read("\(second.url)/bulk?change=\(change.name)").text
            #expect(!choice.contains("<h2>Recent</h2>"))
            let log = try await visitor.read("\(second.url)/log").text
            #expect(log.contains("by mistake") && log.contains("no outcome recorded"))
            #expect(try await countLeft(of: before, change, inspector) == left)

            let again = try await count(change, visitor, at: second.url, expecting: left)
            try await agree(visitor, second.url + again, to: left, because: "again")
            let done = try await settled(visitor, second.url + again)
            #expect(done.contains("Done") && done.contains("<dt>Changed</dt><dd>\(HumanText.number(left))</dd>"))
            #expect(try await countLeft(of: before, change, inspector) == 0)
            let actions = try await inspector.actions(newest: 2).actions
            #expect(actions.map(\.reason) == ["again", "by mistake"])
            #expect(actions.map { $0.outcome?.tally.changed } == [left, nil])
            await second.killAndWait()
        }
    }

    private func fill(_ queues: TestNamespace) async throws {
        let client = try await queues.client()
        let requests = try (0..<3000).map { number in
            var request = try JobRequest(kind: "email", queue: "mail", arguments: "{}")
            request.id = JobID(known: "j\(number)")
            return request
        }
        try await client.enqueue(requests)
        await client.close()
    }

    // MARK: The pages

    /// Has the jobs counted. Returns the path of the bulk change, which waits until a user agrees.
    private func count(
        _ change: Change, _ visitor: Visitor, at url: String, expecting number: Int
    ) async throws -> String {
        let fields = [("change", change.name), ("queue", "mail"), ("state", change.before.rawValue)]
        let path = try #require(try await visitor.post("\(url)/bulk", fields).location)
        let page = try await settled(visitor, url + path)
        #expect(page.contains("<strong>\(HumanText.count(number, "job"))</strong>"))
        return path
    }

    private func agree(_ visitor: Visitor, _ address: String, to number: Int, because reason: String) async throws {
        let answer = try await visitor.post("\(address)/start", [("number", "\(number)"), ("reason", reason)])
        #expect(answer.status == 303)
    }

    /// The page of a bulk change once nothing is under way.
    private func settled(_ visitor: Visitor, _ address: String) async throws -> String {
        try await visitor.wait(reading: address) { !$1.contains("Counting") && !$1.contains("Changing") }.text
    }

    // MARK: The jobs

    /// All jobs of the queue. None is in two lists.
    private func jobs(_ inspector: Inspector) async throws -> [JobID: JobSummary] {
        var jobs: [JobID: JobSummary] = [:]
        var cursor: String?
        repeat {
            let page = try await inspector.jobs(matching: JobFilter(queues: ["mail"]), limit: 1000, after: cursor)
            for job in page.jobs {
                let other = jobs.updateValue(job, forKey: job.id)
                #expect(other == nil, "\(job.id) is in two lists")
            }
            cursor = page.next
        } while cursor != nil
        return jobs
    }

    /// Checks that each job is either changed or as it was, and that the audit finds nothing. Returns how many are as they were.
    private func countLeft(of before: [JobID: JobSummary], _ change: Change, _ inspector: Inspector) async throws -> Int {
        let after = try await jobs(inspector)
        var left = 0
        for (id, job) in before {
            if after[id] == job { left += 1 } else { #expect(after[id]?.state == change.after, "\(id)") }
        }
        #expect(after.keys.allSatisfy { before[$0] != nil })
        #expect(try await inspector.status(of: "mail").states[change.before] == left)
        #expect(try await inspector.audit("mail").violations.map { "\($0.invariant) \($0.what)" } == [])
        return left
    }
}
