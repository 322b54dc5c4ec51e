import Hiredis
import SluiceCore
import SluiceStore
import SluiceTesting
import Testing

/// Lists of workflows, and the part of one that is drawn.
@Suite(.timeLimit(.minutes(10)))
struct WorkflowViewTests {
    private func look(_ ids: String..., after delay: Duration? = .seconds(60), in queues: TestNamespace) async throws {
        _ = try await queues.store.call(WorkflowIndex(take: 0, looks: ids.map { ($0, delay) }))
    }

    private func ids(_ queues: TestNamespace, after cursor: String? = nil, most: Int = 1000) async throws -> [String] {
        try await queues.store.workflows(after: cursor, most: most).ids
    }

    @Test func theNewestComesFirstWhateverTheNextLook() async throws {
        let queues = try await TestNamespace()
        #expect(try await ids(queues) == [])
        for id in ["b", "c", "a"] {
            try await look(id, in: queues)
            try await queues.advance(by: .seconds(1))
        }
        #expect(try await ids(queues) == ["a", "c", "b"])
        // A look, a batch that is being sealed, and outboxes change nothing.
        try await look("b", after: .seconds(9999), in: queues)
        try await look("batch:x", in: queues)
        _ = try await queues.store.call(WorkflowIndex(take: 10))
        #expect(try await ids(queues) == ["a", "c", "b"])
        try await look("c", after: nil, in: queues)
        #expect(try await ids(queues) == ["a", "b"])
        try await look("a", "b", "batch:x", after: nil, in: queues)
        #expect(try await !queues.dump().keys.contains("{workflows}:born"))
    }

    @Test func pagesMissNothing() async throws {
        let queues = try await TestNamespace()
        let all = (100..<125).map { "w\($0)" }
        for id in all.prefix(10) { try await look(id, in: queues) }
        try await queues.advance(by: .seconds(1))
        for id in all.dropFirst(10) { try await look(id, in: queues) }
        var (found, cursor) = ([String](), String?.none)
        repeat {
            let page = try await queues.store.workflows(after: cursor, most: 7)
            found += page.ids
            cursor = page.next
        } while cursor != nil
        #expect(found == all.reversed())
        // The last one of a page goes, and a newer one comes.
        let first = try await queues.store.workflows(after: nil, most: 3)
        #expect(first.ids == ["w124", "w123", "w122"])
        try await look("w122", after: nil, in: queues)
        try await queues.advance(by: .seconds(1))
        try await look("w200", in: queues)
        let rest = try await ids(queues, after: first.next)
        #expect(rest.contains("w121") && !rest.contains("w200") && rest.last == "w100")
        await #expect(throws: SluiceError.self) { try await queues.store.workflows(after: "nonsense", most: 3) }
        await #expect(throws: SluiceError.self) { try await queues.store.workflows(after: nil, most: 0) }
    }

    @Test func thoseFromBeforeTheListComeLast() async throws {
        let queues = try await TestNamespace()
        try await look("old2", "old1", in: queues)
        _ = try await queues.store.call(WorkflowIndex(take: 10))
        let key = "\(queues.namespace):{workflows}:born"
        _ = try await queues.command("DEL", key)
        #expect(Set(try await ids(queues)) == ["old1", "old2"])
        try await look("new", in: queues)
        #expect(try await ids(queues) == ["new", "old2", "old1"])
        #expect(try await queues.command("ZSCORE", key, "outboxes:").root.isNull)
    }

    @Test func statesOfSeveralComeInOneReply() async throws {
        let flow = try await LuaWorkflow()
        try await flow.start("a", "b<a")
        let states = try await flow.queues.store.states(ofWorkflows: ["w", "none", "w"])
        #expect(states.map { $0["state"] } == ["running", nil, "running"])
        #expect(states[0] == (try await flow.call(ReadWorkflow())))
        #expect(states[0]["nodes.active"] == "1" && states[0]["context"] == nil && states[0]["token"] == nil)
        try await flow.queues.store.note(.open, ["b"])
        #expect(try await flow.queues.store.states(ofBatches: ["b"]) == [[:]])
    }

    @Test func aSmallGraphIsWhole() async throws {
        let flow = try await LuaWorkflow()
        try await flow.start("a", "b<a:i", "c<a:h", "!d<b,c")
        let graph = try await flow.call(ReadGraph(most: 4))
        #expect(!graph.hasMore)
        #expect(graph.nodes == (try await flow.call(ListNodes(from: 0))))
        let edges: [String] = graph.edges.map { edge in "\(edge.from) \(edge.to.policy.rawValue) \(edge.to.node)" }
        #expect(edges == ["a ignore b", "a hold c", "b cancel d", "c cancel d"])
        #expect(try await LuaWorkflow("none", in: flow.queues).call(ReadGraph(most: 4)).nodes.isEmpty)
    }

    @Test func ofALargeGraphThereIsWhatIsUrgentAndItsNeighbours() async throws {
        let flow = try await LuaWorkflow()
        // A chain of twenty, of which the fifth runs.
        let chain = (0..<20).map { $0 == 0 ? "n0" : "n\($0)<n\($0 - 1)" }
        let head = WorkflowAdd.Head(name: "test", deadline: nil, context: "")
        _ = try await flow.call(WorkflowAdd(head: head, token: "t", nodes: LuaWorkflow.nodes(chain)))
        try await flow.step(.start)
        for number in 0..<4 { try await flow.done("n\(number)") }
        let part = try await flow.call(ReadGraph(most: 10))
        #expect(part.hasMore && part.nodes.map(\.name) == ["n4", "n5"] && part.edges.map(\.from) == ["n4"])
        #expect(part.nodes.map(\.state) == ["active", "suspended"])
        try await flow.done("n4", .discarded)
        let failed = try await flow.call(ReadGraph(most: 10))
        // What was cancelled because of it counts, but it comes first.
        #expect(failed.nodes.first?.name == "n4" && failed.nodes.first?.state == "discarded" && failed.nodes.count <= 10)
        await #expect(throws: SluiceError.self) { try await flow.call(ReadGraph(most: 0)) }
        await #expect(throws: SluiceError.self) { try await flow.call(ReadGraph(most: 1001)) }
    }

    @Test func nodesAreListedByState() async throws {
        let flow = try await LuaWorkflow()
        try await flow.start("a", "b", "c<a", "d<a", "e<a")
        try await flow.step(.released(["a"]))
        func names(_ state: String, from rank: Int = 0, limit: Int = 1000) async throws -> [String] {
            try await flow.call(ListNodes(from: rank, limit: limit, state: state)).map(\.name)
        }
        let active = try await names("active")
        #expect(Set(active) == ["a", "b"])
        #expect(try await names("suspended") == ["c", "d", "e"])
        #expect(try await names("suspended", from: 1, limit: 1) == ["d"])
        #expect(try await names("completed") == [])
        for wrong in ["releasing", "lost", ""] { await #expect(throws: SluiceError.self) { try await names(wrong) } }
    }
}
