import SluiceCore
import SluiceStore
import SluiceTesting
import Testing

/// Workflows as large as people make them: what a call touches does not grow with them.
@Suite(.timeLimit(.minutes(10)))
struct WorkflowSizeTests {
    private static let size = 10_000
    private static let page = 500
    private let names = (0..<size).map { "n\($0)" }

    /// One of their own: the dumps of other tests go through all keys of a server, and these are many.
    private static let server = Task {
        let server = try await RedisTestServer.start()
        try await server.useVirtualClock()
        return server
    }

    private func flow() async throws -> LuaWorkflow {
        try await LuaWorkflow(in: TestNamespace(on: Self.server.value, clock: .virtual))
    }

    /// One, then ten thousand, then one.
    private func build() async throws -> LuaWorkflow {
        let flow = try await flow()
        try await flow.make("a")
        for page in pages {
            let nodes = LuaWorkflow.nodes(page.map { $0 + "<a" })
            _ = try await flow.call(WorkflowAdd(head: .init(name: "", deadline: nil, context: ""), token: "t", nodes: nodes))
        }
        for page in pages {
            let flag = page.startIndex == 0 ? "open" : page.endIndex == names.count ? "close" : "link"
            try await flow.make("\(flag) z<" + page.joined(separator: ","))
        }
        try await flow.step(.start)
        return flow
    }

    private var pages: [ArraySlice<String>] {
        stride(from: 0, to: names.count, by: Self.page).map { names[$0..<$0 + Self.page] }
    }

    /// Makes a call, and those that it asks for, and checks how many nodes each of them moved. Returns the released ones.
    private func drive(_ flow: LuaWorkflow, _ verbs: [WorkflowStep.Verb]) async throws -> [String] {
        var released: [String] = []
        var verbs = verbs
        while true {
            let before = try await counts(flow)
            let reply = try await flow.call(WorkflowStep(verbs))
            let after = try await counts(flow)
            let told = verbs.count
            for (state, count) in after {
                #expect(abs(count - before[state, default: 0]) <= Self.page + told + 1, "\(state), by \(verbs.prefix(1))")
            }
            #expect(reply.nodes.count <= Self.page && reply.stops.count <= Self.page)
            released += reply.nodes.map(\.name)
            guard reply.hasMore else { return released }
            verbs = reply.nodes.isEmpty ? [] : [.released(reply.nodes.map(\.name))]
        }
    }

    private func counts(_ flow: LuaWorkflow) async throws -> [String: Int] {
        let status = try await flow.call(ReadWorkflow())
        return Dictionary(
            uniqueKeysWithValues: ["suspended", "completed", "cancelled"].map {
                ($0, status["nodes.\($0)"].flatMap { Int($0) } ?? 0)
            })
    }

    private func done(_ names: some Sequence<String>) -> [WorkflowStep.Verb] {
        names.map { .done(node: $0, job: JobID(known: "w:\($0)"), state: .completed, output: "") }
    }

    @Test func manyAfterOneAndOneAfterMany() async throws {
        let flow = try await build()
        #expect(try await drive(flow, done(["a"])) == names)
        for page in pages {
            #expect(try await counts(flow)["suspended"] == 1)
            _ = try await drive(flow, done(page))
        }
        #expect(try await flow.done("z") == [])
        #expect(try await flow.state() == "completed")
        #expect(try await flow.leftovers() == [])
    }

    @Test func allOfManyAreCancelledRetriedAndRemoved() async throws {
        let flow = try await build()
        _ = try await drive(flow, [.cancel(nil)])
        #expect(try await counts(flow)["cancelled"] == Self.size + 1)
        _ = try await drive(flow, [.done(node: "a", job: JobID(known: "w:a"), state: .cancelled, output: "")])
        #expect(try await flow.state() == "cancelled")
        #expect(try await drive(flow, [.retry(nil)]) == ["a"])
        #expect(try await counts(flow)["suspended"] == Self.size + 1)
        #expect(try await drive(flow, [.done(node: "a", job: JobID(known: "w:a:2"), state: .cancelled, output: "")]) == [])
        try await flow.queues.advance(by: .seconds(7 * 86_400))
        // As a worker does it, which tends until there is no more to do.
        var calls = 0
        while try await flow.step(.maintain).hasMore, calls < 100 { calls += 1 }
        #expect(calls == Self.size / Self.page)
        #expect(try await flow.left() == [])
    }

    @Test func oneCallTakesSoManyAndNoMore() async throws {
        let flow = try await flow()
        try await flow.start("a")
        let before = try await flow.queues.dump()
        let edges = LuaWorkflow.nodes(["x<" + names.prefix(1001).joined(separator: ",")])
        for nodes in [LuaWorkflow.nodes(Array(names.prefix(1001))), LuaWorkflow.nodes(names), edges] {
            let error = await #expect(throws: SluiceError.self) {
                try await flow.call(WorkflowAdd(head: nil, token: "t", nodes: nodes))
            }
            #expect(error?.code == .invalidArgument)
        }
        let error = await #expect(throws: SluiceError.self) { try await flow.call(WorkflowStep(done(names.prefix(1001)))) }
        #expect(error?.code == .invalidArgument && error?.message.contains("at most 1000") == true)
        #expect(try await flow.queues.dump() == before)
        #expect(
            try await flow.call(WorkflowAdd(head: nil, token: "t", nodes: LuaWorkflow.nodes(Array(names.prefix(1000))))).word
                == .ok)
    }
}
