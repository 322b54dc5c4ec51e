import Hiredis
import SluiceCore
import SluiceStore
import SluiceTesting
import Testing

/// What is done to workflows while they run: added to, cancelled, retried, tended, removed; and what is refused.
@Suite(.timeLimit(.minutes(10)))
struct WorkflowChangeTests {
    @Test func nodesMayBeAddedWhileItRuns() async throws {
        let flow = try await LuaWorkflow()
        try await flow.start("list", "merge<list")
        let added = try await flow.append("i1<list>merge", "i2<list>merge", "free", "late<i1,i2")
        #expect(added.word == .ok && added.step.nodes.map(\.name) == ["free"] && added.existing == [])
        // The handler ran again: all of it is there already.
        #expect(try await flow.append("i1<list>merge", "i2<list>merge").existing == ["i1", "i2"])
        #expect(try await flow.done("list") == ["i1", "i2"])
        try await flow.done("i1")
        #expect(try await flow.done("i2") == ["merge", "late"])
        try await flow.done("merge", .discarded)
        // After one that has failed: by its policy.
        let after = try await flow.append("x<merge", "y<merge:i", "z<merge:h", "xx<x", "ok<i1")
        #expect(after.step.nodes.map(\.name).sorted() == ["ok", "y"])
        #expect(try await flow.states().hasSuffix("x=cancelled y=active z=held xx=cancelled ok=active"))
        for node in ["late", "free", "y", "ok"] { try await flow.done(node) }
        #expect(try await flow.state() == "running")
        try await flow.step(.cancel("z"))
        #expect(try await flow.state() == "discarded")
        #expect(try await flow.append("more").word == .ended)
        let other = try await LuaWorkflow("none", in: flow.queues)
        #expect(try await other.append("a").word == .missing)
    }

    @Test(arguments: [
        (["x<nobody"], "is not there"), (["x<x"], "is not there"), (["x<y", "y"], "is not there"),
        (["x>nobody"], "node x cannot come before nobody, which is not there"),
        (["x>a"], "has started"), (["x<c>b"], "a cycle"), (["x<c", "y<x>b"], "a cycle"), (["x y<a"], "not a valid name"),
        (["é"], "not a valid name"),
        (["link x<a"], "node x gets edges, but is not there"), ([String(repeating: "n", count: 65)], "not a valid name"),
    ])
    func whatMakesNoSenseIsRefusedAndNothingIsStored(_ nodes: [String], _ message: String) async throws {
        let flow = try await LuaWorkflow()
        try await flow.start("a", "b<a", "c<b")
        let before = try await flow.queues.dump()
        let texts = nodes.map { $0.hasPrefix("x y") ? "new x y<a" : $0 }
        let add = WorkflowAdd(head: nil, token: "t", nodes: LuaWorkflow.nodes(["fine"] + texts))
        let error = await #expect(throws: SluiceError.self) { try await flow.call(add) }
        #expect(error?.code == .invalidArgument && error?.message.contains(message) == true, "\(error?.message ?? "")")
        #expect(try await flow.queues.dump() == before)
    }

    @Test func callsThatMakeNoSenseAreRefused() async throws {
        let queue = try await LuaQueue("workflow.w")
        for words in [
            ["workflow_step", "jump"], ["workflow_step", "done", "a", "w:a", "lost", ""], ["workflow_step", "done", "a", "w:a"],
            ["workflow_step", "released", "2", "a"], ["workflow_step", "cancel"], ["workflow_step", "retry", "a b"],
            ["workflow_add", "old", "t", "", "0", ""], ["workflow_add", "new", "", "", "0", ""],
            ["workflow_add", "new", "t", "", "0", "", "new", "a", "q", "", "s", "1"],
            ["workflow_add", "new", "t", "", "0", "", "new", "a", "q", "", "s", "1", "x", "b", "0"],
            ["workflow_add", "new", "t", "", "0", "", "new", "a", "no queue", "", "s", "0", "0"],
        ] {
            try await queue.checkRefused(words, "invalidArgument")
        }
    }

    @Test func allOfItIsCancelled() async throws {
        let flow = try await LuaWorkflow()
        try await flow.start("a", "b", "c<a:i", "d<b")
        try await flow.step(.released(["a"]))
        let reply = try await flow.step(.cancel(nil))
        // What somebody may be carrying is brought first, so that there is something to cancel.
        #expect(reply.nodes.map(\.name) == ["b"])
        #expect(reply.stops.map(\.job.text) == ["w:a", "w:b"])
        #expect(try await flow.states() == "a=active b=active c=cancelled d=cancelled")
        #expect(try await flow.append("x").word == .ended)
        // Nobody cancelled them: it is tried again.
        #expect(Set(try await flow.step(.maintain).stops.map(\.job.text)) == ["w:a", "w:b"])
        try await flow.done("a", .cancelled)
        #expect(try await flow.step(.maintain).stops.map(\.job.text) == ["w:b"])
        try await flow.done("b")
        #expect(try await flow.state() == "cancelled")
        #expect(try await flow.states() == "a=cancelled b=completed c=cancelled d=cancelled")
        #expect(try await flow.step(.retry(nil)).nodes.map(\.item.id.text) == ["w:a:2", "w:c", "w:d"])
        #expect(try await flow.states() == "a=active b=completed c=active d=active")
        // News of the run before.
        #expect(try await flow.done("a", .cancelled) == [])
        // What it was did not matter to c, and does not now.
        #expect(try await flow.done("a", run: 2) == [])
        for node in ["c", "d"] { try await flow.done(node) }
        #expect(try await flow.state() == "completed")
        #expect(try await flow.leftovers() == [])
    }

    @Test func aBranchIsCancelledAndRetried() async throws {
        let flow = try await LuaWorkflow()
        try await flow.start("a", "s.x<a", "s.y<s.x", "!s<s.y", "end<s", "other<a", "tidy<s:i")
        try await flow.step(.cancel("s"))
        #expect(
            try await flow.states()
                == "a=active s.x=cancelled s.y=cancelled s=cancelled end=cancelled other=suspended tidy=active")
        #expect(try await flow.done("a") == ["other"])
        #expect(try await flow.step(.retry("end")).nodes.isEmpty)
        #expect(try await flow.states().contains("end=cancelled"))
        #expect(try await flow.step(.retry("s")).nodes.map(\.name) == ["s.x"])
        #expect(
            try await flow.states()
                == "a=completed s.x=active s.y=suspended s=suspended end=suspended other=active tidy=active")
        try await flow.done("s.x", .discarded)
        #expect(try await flow.states().contains("s.x=discarded s.y=cancelled s=cancelled end=cancelled"))
        #expect(try await flow.step(.retry(nil)).nodes.map(\.item.id.text) == ["w:s.x:2"])
        try await flow.done("s.x", run: 2)
        try await flow.done("s.y")
        for node in ["end", "other", "tidy"] { try await flow.done(node) }
        #expect(try await flow.state() == "completed")
        #expect(try await flow.leftovers() == [])
    }

    @Test func aNodeWithTwoFailedParentsWaitsForBothToRunAgain() async throws {
        let flow = try await LuaWorkflow()
        try await flow.start("a", "b", "c<a,b", "d<c")
        try await flow.done("a", .discarded)
        try await flow.done("b", .discarded)
        try await flow.step(.retry("a"))
        #expect(try await flow.states() == "a=active b=discarded c=cancelled d=cancelled")
        try await flow.step(.retry("b"))
        #expect(try await flow.states() == "a=active b=active c=suspended d=suspended")
        try await flow.done("a", run: 2)
        #expect(try await flow.done("b", run: 2) == ["c"])
    }

    @Test func aNodeWithTwoFailedParentsStaysCancelledUntilBothHaveCompletedAfterAll() async throws {
        let flow = try await LuaWorkflow()
        try await flow.start("a", "b", "c<a,b", "d<c", "e<a,b:h")
        try await flow.done("a", .discarded)
        try await flow.done("b", .discarded)
        // Its job was retried in its queue.
        #expect(try await flow.done("a") == [])
        #expect(try await flow.states() == "a=completed b=discarded c=cancelled d=cancelled e=cancelled")
        #expect(try await flow.done("b") == ["c", "e"])
        #expect(try await flow.states() == "a=completed b=completed c=active d=suspended e=active")
    }

    @Test func aNodeThatIsHeldByOneWaitsForTheOthersAsWell() async throws {
        let flow = try await LuaWorkflow()
        try await flow.start("a", "b", "c<a:h,b:h", "x")
        try await flow.done("a", .discarded)
        try await flow.done("b")
        #expect(try await flow.states() == "a=discarded b=completed c=held x=active")
        // One that comes between, and one that is retried though it is barred, change nothing of that.
        #expect(try await flow.append("d<x>c").word == .ok)
        try await flow.step(.retry("c"))
        try await flow.done("x")
        try await flow.done("d")
        #expect(try await flow.states() == "a=discarded b=completed c=held x=completed d=completed")
        #expect(try await flow.done("a") == ["c"])
    }

    @Test func howItEndedIsToldAnewWhenThatChanges() async throws {
        let flow = try await LuaWorkflow()
        try await flow.start("a", "b")
        try await flow.done("a")
        try await flow.done("b", .discarded)
        #expect(try await flow.state() == "discarded")
        try await flow.queues.advance(by: .seconds(5))
        let before = try await flow.call(ReadWorkflow())["ended"]
        try await flow.done("b")
        #expect(try await flow.state() == "completed")
        #expect(try await flow.call(ReadWorkflow())["ended"] != before)
        // A node without a job is never under way.
        let other = try await LuaWorkflow("other", in: flow.queues)
        try await other.start("a", "!v<a")
        try await other.step(.cancel("v"))
        try await other.done("a")
        #expect(try await other.state() == "cancelled")
        try await other.step(.retry("v"))
        #expect(try await other.states() == "a=completed v=completed")
        #expect(try await other.state() == "completed")
    }

    @Test func aDeadlineCancelsAll() async throws {
        let flow = try await LuaWorkflow()
        try await flow.make("a", "b<a", deadline: .seconds(30))
        let reply = try await flow.step(.start)
        #expect(reply.look == .seconds(30))
        try await flow.queues.advance(by: .seconds(30))
        #expect(try await flow.step(.maintain).stops.map(\.job.text) == ["w:a"])
        #expect(try await flow.states() == "a=active b=cancelled")
        #expect(try await flow.call(ReadWorkflow())["stopped"] == "deadline")
        try await flow.done("a", .cancelled)
        #expect(try await flow.state() == "cancelled")
        // An operator has more time.
        try await flow.step(.retry(nil))
        #expect(try await flow.states() == "a=active b=suspended")
    }

    @Test func whoWaitsIsToldOfTheEnd() async throws {
        let flow = try await LuaWorkflow()
        #expect(try await flow.call(AwaitWorkflow(client: "c")) == nil)
        try await flow.start("a")
        #expect(try await flow.call(AwaitWorkflow(client: "c")) == "running")
        try await flow.done("a")
        #expect(try await flow.queues.dump()["{workflow.w}:inbox:c"] == "(expires)\ncompleted")
        #expect(try await flow.call(AwaitWorkflow(client: "c")) == "completed")
    }

    @Test func whatNobodyCarriedIsGivenOutAgain() async throws {
        let flow = try await LuaWorkflow()
        try await flow.start("a", "b")
        try await flow.step(.released(["a"]))
        let reply = try await flow.step(.maintain)
        #expect(reply.nodes.map(\.name) == ["b"] && reply.look == .seconds(60))
        try await flow.queues.advance(by: .seconds(1000))
        #expect(try await flow.step(.maintain).look == .seconds(500))
    }

    @Test func whatEndedLongAgoIsRemoved() async throws {
        let flow = try await LuaWorkflow()
        try await flow.start("a", "b<a", "c<a,b:h")
        try await flow.done("a")
        try await flow.done("b")
        try await flow.done("c")
        #expect(try await flow.step(.maintain).look == .seconds(86_400))
        try await flow.queues.advance(by: .seconds(86_399))
        #expect(try await flow.step(.maintain).state == "completed")
        try await flow.queues.advance(by: .seconds(1))
        let gone = try await flow.step(.maintain)
        #expect(gone.state == nil && gone.look == nil)
        #expect(try await flow.left() == [])
        let never = try await LuaWorkflow("never", in: flow.queues)
        try await never.make("a", "b<a")
        try await flow.queues.advance(by: .seconds(3600))
        #expect(try await never.step(.maintain).state == nil)
        #expect(try await never.left() == [])
    }

    @Test func theIndexGivesOutWhatIsDueToOne() async throws {
        let queues = try await TestNamespace()
        let store = queues.store
        func due() async throws -> [String] { try await store.call(WorkflowIndex(take: 10)).due }
        // The outboxes of all queues are looked at by whoever comes first.
        let first = try await store.call(WorkflowIndex(take: 10))
        #expect(first.due == [WorkflowIndex.outboxes] && first.next == nil)
        let put = try await store.call(WorkflowIndex(take: 10, looks: [("a", .seconds(60)), ("b", .seconds(90))]))
        #expect(put.next == .seconds(60) && put.due == [])
        try await queues.advance(by: .seconds(60))
        #expect(try await due() == [WorkflowIndex.outboxes, "a"])
        #expect(try await due() == [])
        try await queues.advance(by: .seconds(15))
        #expect(try await Set(due()) == [WorkflowIndex.outboxes, "a"])
        #expect(try await store.call(WorkflowIndex(take: 10, looks: [("a", nil)])).next == .seconds(15))
    }

    @Test func aNameHasOneBearer() async throws {
        let flow = try await LuaWorkflow("nightly")
        #expect(try await flow.call(ClaimName("one", before: "")) == "one")
        #expect(try await flow.call(ClaimName("one", before: "")) == "one")
        #expect(try await flow.call(ClaimName("two", before: "")) == "one")
        #expect(try await flow.call(ClaimName("two", before: "one")) == "two")
        #expect(try await flow.call(ClaimName("three", before: "one")) == "two")
    }
}
