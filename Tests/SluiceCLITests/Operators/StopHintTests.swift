import SluiceCore
import SluiceInspector
import SluiceStore
import Testing

@testable import SluiceCLI

/// What `sluice jobs cancel` says of a run whose worker may be dead.
@Suite(.timeLimit(.minutes(5)))
struct StopHintTests {
    @Test func aWorkerThatDoesNotAnswerIsNoMystery() {
        let worker = WorkerID(host: "h", process: 7)
        func text(_ lease: Duration?, _ hasOthers: Bool) -> String {
            StopHint(worker: worker, lease: lease, hasOthers: hasOthers).text
        }
        #expect(
            text(.seconds(25), true)
                == "its worker \(worker) was asked to stop; if that is dead, the job ends once its lease is over, in 25s, and a worker of "
                + "the queue calls")
        #expect(
            text(.seconds(-20), false)
                == "its worker \(worker) is dead, since its lease ended 20s ago: the job ends when that comes back, or when a worker of "
                + "the queue calls, and none lives: start one")
        #expect(text(nil, true).hasSuffix("is dead: the job ends when that comes back, or when a worker of the queue calls"))
    }

    /// The worker of the test never answers. Red if the lease were not looked at.
    @Test func theToolTellsWhenTheRunEnds() async throws {
        let tool = try await Tool()
        let worker = try await HandWorker(tool)
        #expect(try await tool.run("enqueue", "mail", "--id", "a").status == 0)
        #expect(try await worker.cycle(1, demand: 1).count == 1)
        let result = try await tool.run("jobs", "cancel", "a")
        #expect(result.status == 0)
        let text = try #require(result.output.firstMatch(of: /^a  cancelling: its worker (\S+) was asked to stop; (.*)\n$/))
        #expect(text.1 == worker.worker.text)
        #expect(text.2.contains("once its lease is over, in ") && text.2.hasSuffix("and none lives: start one"), "\(text.2)")
        let json = try await tool.run("jobs", "cancel", "a", "--json")
        #expect(json.output.contains("cancelling") && !json.output.contains("lease"))
    }
}
