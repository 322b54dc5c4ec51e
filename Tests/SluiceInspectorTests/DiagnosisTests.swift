import Hiredis
import SluiceCore
import SluiceStore
import SluiceTesting
import Testing

@testable import SluiceInspector

/// What the doctor finds in queues and workflows, and that its cures cure.
@Suite(.timeLimit(.minutes(10)))
struct DiagnosisTests {
    @Test(arguments: Ailment.all)
    func isFoundAndCured(_ ailment: Ailment) async throws {
        let patient = try await Patient()
        #expect(try await patient.findings() == [])
        try await ailment.provoke(patient)
        let findings = try await patient.findings()
        #expect(findings.map(\.code) == [ailment.code])
        let finding = try #require(findings.first)
        #expect(finding.severity == ailment.severity)
        #expect(finding.what.contains(ailment.what), "\(finding.what)")
        // The namespace, which tests alone have, stands at the end of each command.
        let cure = finding.cure.replacing(" --namespace \(patient.queues.namespace)", with: "")
        #expect(cure.contains(ailment.cure), "\(cure)")
        #expect(finding.queue == (ailment.code.hasPrefix("queue.") ? "mail" : nil))
        #expect(!(finding.what + finding.cure).contains("\n"))
        if let heal = ailment.heal { try await heal(patient) } else { try await patient.follow(cure: cure) }
        #expect(try await patient.findings() == [])
    }

    @Test func whatGoesOnIsNotFound() async throws {
        let patient = try await Patient()
        // A follower of a job that waits; one whose parent has moved to its own queue; one whose end is on its way back.
        try await patient.enqueue("a")
        try await patient.follow("b", after: "a", "cancel")
        try await patient.follow("c", after: "a", "cancel")
        try await patient.enqueue("p", in: "web")
        try await patient.tamper("HSET", "after", "c", "p cancel 0")
        try await patient.follow("d", after: "a", "cancel")
        try await patient.enqueue("q", #"{"kind":"k"}"#, #"{"links":["slot.mail"]}"#, in: "web")
        try await patient.call("cancel", "q", in: "web")
        try await patient.tamper("HSET", "after", "d", "q cancel 0")
        // A member of a batch that is there.
        _ = try await patient.queues.store.call(BatchCall(.open(name: "x", callbacks: [:])), batch: BatchID("x"))
        try await patient.enqueue("e", #"{"kind":"k"}"#, #"{"links":["batch.x"]}"#)
        // A node whose job has ended, of which the workflow has still to hear.
        try await patient.startFlow()
        try await patient.enqueue("w:first", #"{"kind":"k"}"#, #"{"links":["workflow.w first"]}"#)
        try await patient.call("cancel", "w:first")
        let codes = try await patient.findings().map(\.code)
        #expect(codes == ["queue.no_worker"], "that of web, which has no worker")
    }

    @Test func cronThatGoesOnIsNotFound() async throws {
        let patient = try await Patient()
        // Late by what a worker may take; skipped twice; over for less than a day; of code that a worker runs.
        try await patient.recur("skipped", overlap: .skip)
        try await patient.recur("over", limit: 1)
        try await patient.recur("declared", deploy: 1)
        try await patient.join("w2", cron: ["declared"])
        try await patient.tick(3)
        #expect(try await patient.findings() == [])
        try await patient.queues.advance(by: .seconds(120))
        #expect(try await patient.findings() == [])
        // One more makes three; but the job in the way has ended.
        try await patient.fire()
        #expect(try await patient.findings().map(\.code) == ["queue.cron_skipped"])
        let history = try await patient.queues.store.call(CronHistory("skipped", count: 1), on: "mail")
        let job = try #require(history.first.flatMap { CronLine($0) }?.job)
        try await patient.call("cancel", job)
        #expect(try await patient.findings() == [])
    }

    @Test func whatCodeDeclaresIsNotForgotten() async throws {
        let patient = try await Patient()
        // Removed, it would come back and run again.
        try await patient.recur("over", limit: 1, deploy: 1)
        try await patient.tick()
        try await patient.queues.advance(by: .seconds(86_400))
        try await patient.join("w2", cron: ["over"])
        #expect(try await patient.findings() == [])
        try await patient.join("w2")
        #expect(try await patient.findings().map(\.code) == ["queue.cron_finished"])
    }

    @Test func withoutAWorkerNobodyKnowsWhatCodeDeclares() async throws {
        let patient = try await Patient()
        try await patient.recur(deploy: 1)
        try await patient.leave()
        #expect(try await patient.findings() == [])
    }

    @Test func thereIsABoundAndItIsTold() async throws {
        let patient = try await Patient()
        for start in stride(from: 0, to: 1200, by: 400) {
            let jobs = (start..<start + 400).flatMap { ["j\($0)", #"{"kind":"k"}"#, ""] }
            _ = try await patient.queues.store.command(
                ["FCALL", "sluice_enqueue", "1", patient.queues.base("mail")] + jobs)
        }
        let parts = try await patient.inspector.diagnose("mail").parts
        #expect(parts.map(\.subject) == [.server, .library, .queue("mail")])
        #expect(parts.last?.unseen == ["the kinds of waiting jobs beyond the first 1,000 of each state"])
        #expect(parts.last?.looked.hasPrefix("1,200 jobs that have not ended, 1 live worker: data, ") == true)
    }

    /// What is found of the clock, and nothing else.
    private func clock(_ patient: Patient) async throws -> Diagnosis.Finding? {
        let findings = try await patient.findings()
        #expect(findings.allSatisfy { $0.code == "queue.clock" && $0.queue == "mail" }, "\(findings)")
        #expect(findings.count <= 1)
        return findings.first
    }

    @Test func aClockThatWasAheadIsToldForADay() async throws {
        let patient = try await Patient()
        let far = Duration.seconds(40 * 86_400)
        try await patient.cycle()
        try await patient.queues.advance(by: far)
        try await patient.cycle()
        try await patient.enqueue("late", #"{"kind":"k"}"#, #"{"delay":4000}"#)
        #expect(try await clock(patient) == nil)
        // Until a worker calls, nobody knows whether it was ahead or is behind.
        try await patient.queues.advance(by: .seconds(5) - far)
        let gone = try #require(try await clock(patient))
        #expect(gone.severity == .problem && gone.what.contains("lies 39d 23h behind what it told before"), "\(gone.what)")
        #expect(gone.cure.contains("set the server's clock right"))
        try await patient.cycle()
        let done = try #require(try await clock(patient))
        #expect(done.severity == .notice && done.what.contains("was 39d 23h ahead until 0ms ago"), "\(done.what)")
        #expect(done.what.hasSuffix("were brought back") && done.cure.contains("synchronised"), "\(done)")
        // As while many are brought back.
        try await patient.tamper("HSET", "config", "rewind", "1000 1|0")
        let busy = try #require(try await clock(patient))
        #expect(busy.what.contains("are being brought back") && busy.cure.contains("start a worker"), "\(busy)")
        try await patient.cycle()
        #expect(try await clock(patient)?.what.hasSuffix("were brought back") == true)
        try await patient.queues.advance(by: .seconds(4))
        #expect(try await patient.cycle(1).jobs.map(\.id.text) == ["late"])
        try await patient.cycle(0, ["late": .completed(result: nil)])
        try await patient.queues.advance(by: .seconds(86_400))
        #expect(try await clock(patient) == nil)
    }

    @Test func aClockThatIsBehindIsToldUntilItIsRight() async throws {
        let patient = try await Patient()
        let calls = 30
        for _ in 1...calls {
            try await patient.queues.advance(by: .seconds(12))
            try await patient.cycle()
        }
        try await patient.queues.advance(by: .seconds(86_400))
        try await patient.cycle()
        try await patient.queues.advance(by: .seconds(-86_600))
        try await patient.cycle()
        let finding = try #require(try await clock(patient))
        #expect(finding.severity == .problem && finding.what.contains("lies 1d behind"), "\(finding.what)")
        try await patient.queues.advance(by: .seconds(86_600))
        try await patient.cycle()
        #expect(try await clock(patient) == nil)
    }

    @Test func aTimeThatLiesTooFarAheadIsFoundByItsAudit() async throws {
        let patient = try await Patient()
        try await patient.cycle()
        try await patient.enqueue("a")
        try await patient.cycle(1)
        try await patient.cycle(0, ["a": .completed(result: nil)])
        try await patient.tamper("ZADD", "completed", "\(patient.queues.start + 40 * 86_400_000)", "a")
        let finding = try #require(try await patient.findings().first)
        #expect(finding.code == "queue.audit" && finding.what.contains("I12: the end of a lies too far ahead"), "\(finding.what)")
        _ = try await patient.inspector.repair("mail")
        #expect(try await patient.findings() == [])
    }

    @Test func aQueueOfANewerFormatIsAFinding() async throws {
        let patient = try await Patient()
        try await patient.tamper("HSET", "config", "format", "2", in: "web")
        let findings = try await patient.findings()
        #expect(findings.map(\.code) == ["queue.format"] && findings.first?.queue == "web")
    }

    @Test func programsGetAllOfIt() {
        let diagnosis = Diagnosis(parts: [
            Diagnosis.Part(subject: .server, looked: "clock", unseen: ["memory"]),
            Diagnosis.Part(
                subject: .queue("mail"), looked: "data",
                findings: [
                    Diagnosis.Finding(severity: .problem, queue: "mail", code: "queue.no_worker", what: "w", cure: "c")
                ]),
        ])
        #expect(
            String(decoding: diagnosis.json.encoded(), as: UTF8.self)
                == #"{"healthy":false,"findings":[{"severity":"problem","queue":"mail","code":"queue.no_worker","what":"w","#
                + #""cure":"c"}],"parts":[{"part":"server","looked":"clock","unseen":["memory"]},"#
                + #"{"part":"queue mail","looked":"data","unseen":[]}]}"#)
    }

    @Test func wordsOfOthersAreQuoted() throws {
        let cures = CureText(namespace: try Namespace("other"))
        #expect(cures.tool("jobs", "retry", "it's; rm -rf") == #"sluice jobs retry 'it'\''s; rm -rf' --namespace other"#)
        #expect(CureText(namespace: .standard).redis("GET", "{a}") == "redis-cli GET '{a}'")
    }
}
