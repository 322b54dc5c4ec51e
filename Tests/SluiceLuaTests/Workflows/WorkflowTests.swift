import Hiredis
import SluiceCore
import SluiceStore
import SluiceTesting
import Testing

/// The record of a workflow, call by call.
@Suite(.timeLimit(.minutes(10)))
struct WorkflowTests {
    @Test func aNodeStartsWhenAllBeforeItHaveCompleted() async throws {
        let flow = try await LuaWorkflow()
        try await flow.make("a", "b<a", "c<a", "d<b,c")
        #expect(try await flow.states() == "a=suspended b=suspended c=suspended d=suspended")
        let reply = try await flow.step(.start)
        let node = try #require(reply.nodes.first)
        #expect(reply.nodes.count == 1 && node.queue == "mail" && node.item.id.text == "w:a" && !reply.hasMore)
        #expect(node.item.options == #"{"links":["workflow.w a"]}"# && node.item.spec == Array(#"{"kind":"k"}"#.utf8))
        #expect(try await flow.done("a", output: "[1]") == ["b", "c"])
        #expect(try await flow.done("c") == [])
        #expect(try await flow.states() == "a=completed b=active c=completed d=suspended")
        #expect(try await flow.done("b") == ["d"])
        #expect(try await flow.state() == "running")
        #expect(try await flow.done("d") == [])
        let status = try await flow.call(ReadWorkflow())
        #expect(status["state"] == "completed" && status["nodes.completed"] == "4" && status["name"] == "test")
        #expect(try await flow.leftovers() == [])
        let outputs = try await flow.call(ReadOutputs(["a", "b", "nobody"]))
        #expect(outputs.nodes.map(\.output) == ["[1]", "", ""] && outputs.nodes.map(\.state) == ["completed", "completed", ""])
    }

    @Test func optionsGoWithTheLinks() async throws {
        let flow = try await LuaWorkflow()
        var nodes = LuaWorkflow.nodes(["a"])
        nodes[0].options = #"{"priority":2,"lane":"x=1"}"#
        let head = WorkflowAdd.Head(name: "n", deadline: nil, context: #"{"of":1}"#)
        _ = try await flow.call(WorkflowAdd(head: head, token: "t", nodes: nodes))
        let node = try #require(try await flow.step(.start).nodes.first)
        #expect(node.item.options == #"{"links":["workflow.w a"],"priority":2,"lane":"x=1"}"#)
        let mail = try await LuaQueue("mail", in: flow.queues)
        #expect(try await mail.call(Deliver(validUntil: .max >> 20, items: [node.item])) == 1)
        #expect(try await mail.state("w:a") == "available")
        #expect(try await mail.redis("HGET", "links", "w:a") == "workflow.w a")
        #expect(try await flow.call(ReadOutputs([])).context == #"{"of":1}"#)
    }

    @Test(arguments: [
        ("", "a=discarded b=cancelled c=cancelled d=active", "discarded"),
        (":i", "a=discarded b=active c=suspended d=active", ""),
        (":h", "a=discarded b=held c=suspended d=active", ""),
    ])
    func policiesSayWhatBecomesOfTheRest(_ policy: String, _ states: String, _ end: String) async throws {
        let flow = try await LuaWorkflow()
        try await flow.start("a", "b<a\(policy)", "c<b", "d")
        try await flow.done("a", .discarded)
        #expect(try await flow.states() == states)
        try await flow.done("d")
        #expect(try await flow.state() == (end.isEmpty ? "running" : end))
        if policy == ":h" {
            // The job was retried in its queue, and completed after all.
            #expect(try await flow.done("a") == ["b"])
        }
    }

    @Test func theJobThatCompletesAfterAllRevivesWhatWasCancelledBecauseOfIt() async throws {
        let flow = try await LuaWorkflow()
        try await flow.start("a", "b<a", "c<b", "d<c,a:i")
        try await flow.done("a", .cancelled)
        #expect(try await flow.states() == "a=cancelled b=cancelled c=cancelled d=cancelled")
        #expect(try await flow.state() == "cancelled")
        #expect(try await flow.done("a") == ["b"])
        #expect(try await flow.states() == "a=completed b=active c=suspended d=suspended")
        for node in ["b", "c", "d"] { try await flow.done(node) }
        #expect(try await flow.state() == "completed")
        #expect(try await flow.leftovers() == [])
    }

    @Test func newsMayComeTwiceAndLate() async throws {
        let flow = try await LuaWorkflow()
        try await flow.start("a", "b<a", "c<b")
        #expect(try await flow.done("a") == ["b"])
        // Whoever heard it first may have died: what is being released is given out again.
        #expect(try await flow.done("a") == ["b"])
        try await flow.step(.released(["b"]))
        #expect(try await flow.done("a") == [])
        #expect(try await flow.done("a", .discarded) == [])
        #expect(try await flow.done("b") == ["c"])
        try await flow.step(.released(["b", "c", "nobody"]))
        #expect(try await flow.states() == "a=completed b=completed c=active")
        // Of no node, of a node that was not released, of another run.
        #expect(try await flow.done("nobody") == [])
        #expect(try await flow.done("c", run: 2) == [])
        #expect(try await flow.states() == "a=completed b=completed c=active")
        try await flow.done("c", .discarded)
        #expect(try await flow.done("c", .discarded) == [])
        #expect(try await flow.state() == "discarded")
        let other = try await LuaWorkflow("none", in: flow.queues)
        #expect(try await other.step(.done(node: "a", job: JobID(known: "none:a"), state: .completed, output: "")).state == nil)
    }

    @Test func nothingStartsBeforeItIsComplete() async throws {
        let flow = try await LuaWorkflow()
        try await flow.make("a")
        // The same page again, and the next one.
        #expect(try await flow.make("a").existing == ["a"])
        try await flow.make("b<a")
        #expect(try await flow.make("x", token: "other").word == .exists)
        #expect(try await flow.states() == "a=suspended b=suspended")
        #expect(try await flow.step(.start).nodes.map(\.name) == ["a"])
        #expect(try await flow.step(.start).nodes.isEmpty)
    }

    @Test func nodesWithoutJobsCompleteWhenTheyStart() async throws {
        let flow = try await LuaWorkflow()
        #expect(try await flow.start("!s", "a<s", "b<s", "!e<a,b", "c<e") == ["a", "b"])
        try await flow.done("a")
        #expect(try await flow.done("b") == ["c"])
        let empty = try await LuaWorkflow("empty", in: flow.queues)
        try await empty.start()
        #expect(try await empty.state() == "completed")
        let only = try await LuaWorkflow("only", in: flow.queues)
        try await only.start("!s", "!e<s")
        #expect(try await only.state() == "completed")
    }

    @Test func onlyAnOpenNodeTakesMoreEdges() async throws {
        let flow = try await LuaWorkflow()
        try await flow.start("a")
        _ = try await flow.append("open z<a")
        #expect(try await flow.states() == "a=active z=building")
        try await flow.done("a")
        // The whole is not over while a node is open.
        #expect(try await flow.state() == "running")
        let early = await #expect(throws: SluiceError.self) { try await flow.append("y<z") }
        #expect(early?.message.contains("still open") == true)
        #expect(try await flow.append("close z").step.nodes.map(\.name) == ["z"])
        #expect(try await flow.append("link z<a").existing == ["z"])
        try await flow.done("z")
        #expect(try await flow.state() == "completed")
    }
    @Test func anOpenNodeAfterOneThatFailedStillWaitsForAllItsEdges() async throws {
        let flow = try await LuaWorkflow()
        try await flow.start("a", "b", "c")
        _ = try await flow.append("open y<a")
        try await flow.done("a", .discarded)
        _ = try await flow.append("open z<a")
        #expect(try await flow.states() == "a=discarded b=active c=active y=building z=building")
        for node in ["y", "z"] { _ = try await flow.append("link \(node)<b", "close \(node)<c") }
        #expect(try await flow.states() == "a=discarded b=active c=active y=cancelled z=cancelled")
        #expect(try await flow.step(.retry("a")).nodes.map(\.item.id.text) == ["w:a:2"])
        #expect(try await flow.states() == "a=active b=active c=active y=suspended z=suspended")
        #expect(try await flow.done("a", run: 2) == [])
        #expect(try await flow.done("b") == [])
        #expect(try await flow.done("c") == ["y", "z"])
        // One that failed and has completed after all cancels nobody.
        let other = try await LuaWorkflow("other", in: flow.queues)
        try await other.start("a", "b")
        try await other.done("a", .discarded)
        _ = try await other.append("open z<a")
        try await other.done("a")
        #expect(try await other.append("close z<b").step.nodes.isEmpty)
        #expect(try await other.states() == "a=completed b=active z=suspended")
        #expect(try await other.done("b") == ["z"])
    }
}
