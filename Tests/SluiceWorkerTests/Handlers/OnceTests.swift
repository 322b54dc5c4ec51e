import Sluice
import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceTesting
import SluiceWorker
import TestSupport
import Testing

/// Steps of handlers that are done once over all attempts.
@Suite(.timeLimit(.minutes(10)))
struct OnceTests {
    private struct Charge: Codable, Equatable, Sendable {
        var amount: Double
        var note: String?
    }

    @Test func aLaterAttemptGetsTheRecordedResult() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker(1)
        let charges = Recorder<OnceToken>()
        let results = Recorder<Charge>()
        worker.handle(Numbered.self) { (_, context) -> Int in
            let charge = try await context.once("charge") { token in
                charges.add(token)
                return Charge(amount: 1.25, note: "line\n\"two\"")
            }
            results.add(charge)
            if context.attempt < 3 { throw Failure() }
            return 1
        }
        try await fixture.running(worker) {
            let id = try await fixture.enqueue()
            for attempts in 1...2 {
                #expect(await fixture.fails(id, times: attempts))
                try await fixture.queues.advance(by: .seconds(10))
            }
            #expect(await fixture.becomes(id, .completed))
        }
        #expect(results.all == Array(repeating: Charge(amount: 1.25, note: "line\n\"two\""), count: 3))
        #expect(charges.all.count == 1)
        #expect(charges.all.first?.text.count == 14)
    }

    @Test func anAttemptThatEndedInTheStepIsFollowedByOneWithTheSameToken() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker(1)
        let tokens = Recorder<[OnceToken]>()
        worker.handle(Numbered.self) { (_, context) -> Int in
            let other = try await context.once("other") { token in token.text }
            let value: Int? = try await context.once("charge") { token in
                tokens.add([token, OnceToken(text: other)])
                if context.attempt == 1 { throw Failure() }
                return nil
            }
            #expect(value == nil)
            return 1
        }
        try await fixture.running(worker) {
            let id = try await fixture.enqueue()
            #expect(await fixture.becomes(id, .retryable))
            try await fixture.queues.advance(by: .seconds(10))
            #expect(await fixture.becomes(id, .completed))
        }
        #expect(tokens.all.count == 2 && tokens.all.first == tokens.all.last)
        // Steps of one job have tokens of their own.
        #expect(Set(tokens.all.first ?? []).count == 2)
    }

    @Test func aStepWithoutAResultIsDoneOnceToo() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker(1)
        let mails = Recorder<OnceToken>()
        worker.handle(Plain.self) { _, context in
            try await context.once("mail") { token in mails.add(token) }
            try await context.once("mail") { token in
                mails.add(token)
                if token.text.isEmpty { throw Failure() }
            }
            if context.attempt == 1 { throw Failure() }
        }
        try await fixture.running(worker) {
            let id = try await fixture.enqueue(plain: 1)
            #expect(await fixture.becomes(id, .retryable))
            try await fixture.queues.advance(by: .seconds(10))
            #expect(await fixture.becomes(id, .completed))
        }
        #expect(mails.all.count == 1)
    }

    @Test(.proxied) func aRecordWhoseReplyIsLostStands() async throws {
        let proxy = try await FaultyProxy(to: .shared())
        let fixture = try await Fixture()
        let client = try await fixture.client(through: proxy.url)
        let worker = fixture.worker(1, client: client)
        let runs = Recorder<String>()
        worker.handle(Numbered.self) { (_, context) -> Int in
            try await context.once("charge") { token in
                runs.add(token.text)
                return 42
            }
        }
        // The intent of the first attempt and the result of the second.
        proxy.fail(["sluice1_once"], after: 0, with: .loseReply)
        proxy.fail(["sluice1_once", "42"], after: 0, with: .loseReply)
        try await fixture.running(worker) {
            let id = try await fixture.enqueue()
            for attempts in 1...2 {
                #expect(await fixture.fails(id, times: attempts))
                try await fixture.queues.advance(by: .seconds(10))
            }
            #expect(await fixture.becomes(id, .completed))
            #expect(try await fixture.details(id)?.result == "42")
        }
        #expect(proxy.faults.count == 2)
        #expect(runs.all.count == 1)
        await client.close()
        await proxy.close()
    }

    @Test func theRunThatWasOvertakenIsRefusedBeforeItsStep() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker(1)
        let started = Occurrences()
        let go = Occurrences()
        let codes = Recorder<SluiceError.Code?>()
        let steps = Occurrences()
        worker.handle(Plain.self) { _, context in
            started.add()
            await go.wait()
            do {
                try await context.once("charge") { _ in steps.add() }
            } catch {
                codes.add((error as? SluiceError)?.code)
            }
        }
        let id = try await fixture.enqueue(plain: 1)
        try await fixture.running(worker) {
            await started.wait()
            try await fixture.takeAway(id)
            go.add()
            await codes.happened.wait()
        }
        #expect(codes.all == [.fenced])
        #expect(steps.count == 0)
    }

    @Test func whatDoesNotFitIsTold() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker(1)
        let codes = Recorder<SluiceError.Code?>()
        worker.handle(Plain.self) { _, context in
            func attempt(_ key: String, _ size: Int) async {
                do {
                    _ = try await context.once(key) { _ in String(repeating: "x", count: size) }
                    codes.add(nil)
                } catch {
                    codes.add((error as? SluiceError)?.code)
                }
            }
            await attempt("no key", 1)
            await attempt("large", 300_000)
            await attempt("half", 200_000)
            await attempt("other-half", 200_000)
        }
        try await fixture.running(worker) {
            let id = try await fixture.enqueue(plain: 1)
            #expect(await fixture.becomes(id, .completed))
        }
        #expect(codes.all == [.invalidArgument, .payloadTooLarge, nil, .payloadTooLarge])
    }

    @Test func membersOfAChunkHaveStepsOfTheirOwn() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker(2)
        let tokens = Recorder<OnceToken>()
        worker.handleChunk(Plain.self, size: 2, within: .seconds(3600)) { chunk in
            for member in chunk.members { try await member.context.once("charge") { token in tokens.add(token) } }
            if chunk.members.contains(where: { $0.attempt == 1 }) { throw Failure() }
        }
        try await fixture.running(worker) {
            _ = try await fixture.client.enqueue((0..<2).map { Plain(number: $0) })
            #expect(await fixture.count(.retryable, is: 2))
            try await fixture.queues.advance(by: .seconds(10))
            #expect(await fixture.count(.completed, is: 2))
        }
        #expect(tokens.all.count == 2 && Set(tokens.all).count == 2)
    }
}

extension Fixture {
    /// Waits until so many attempts of a job have failed.
    func fails(_ id: JobID, times: Int) async -> Bool {
        await queues.eventually(in: queue) { try await self.details(id)?.attempts == times }
    }
}
