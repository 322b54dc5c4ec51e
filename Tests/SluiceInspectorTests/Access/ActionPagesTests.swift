import Foundation
import Hiredis
import SluiceCore
import SluiceStore
import SluiceTesting
import Testing

@testable import SluiceInspector

/// The log of actions, page by page and as it grows.
@Suite(.timeLimit(.minutes(10)))
struct ActionPagesTests {
    private func start(_ name: String, _ queue: QueueName, _ fixture: Fixture, by actor: String = "ada") async throws -> String {
        let author = Operator(actor, via: .tool, from: "h")
        return try await fixture.store.logAction(Action.fields(author, .jobsRetry, name, queue, reason: ""))
    }

    private func end(_ start: String, _ changed: Int, _ fixture: Fixture) async throws {
        _ = try await fixture.store.logAction(Action.Outcome.fields(of: start, Action.Tally(changed: changed), nil))
    }

    /// Pages to the end.
    private func pages(
        of size: Int, _ fixture: Fixture, queue: QueueName? = nil, actor: String? = nil
    ) async throws -> [[Action]] {
        var pages: [[Action]] = []
        var cursor: String?
        repeat {
            let page = try await fixture.inspector.actions(newest: size, before: cursor, queue: queue, actor: actor)
            pages.append(page.actions)
            cursor = page.next
        } while cursor != nil && pages.count < 200
        return pages
    }

    /// Forty actions, of which the first one ends last, some end much later than they began, and one never ends.
    private func filled() async throws -> Fixture {
        let fixture = try await Fixture()
        let long = try await start("0", "mail", fixture)
        var late: [(String, Int)] = []
        for number in 1..<40 {
            let id = try await start("\(number)", number % 4 == 0 ? "web" : "mail", fixture, by: number % 5 == 0 ? "bob" : "ada")
            if number == 17 { continue }
            if number % 3 == 0 { late.append((id, number)) } else { try await end(id, number, fixture) }
        }
        for (id, number) in late { try await end(id, number, fixture) }
        try await end(long, 100, fixture)
        return fixture
    }

    @Test(arguments: [1, 3, 7, 40, 1000]) func eachActionComesOnceWithItsOutcome(_ size: Int) async throws {
        let fixture = try await filled()
        let pages = try await pages(of: size, fixture)
        #expect(pages.allSatisfy { $0.count <= size })
        let actions = pages.flatMap { $0 }
        #expect(actions.map(\.target) == (0..<40).reversed().map(String.init))
        let changed = actions.reversed().map { $0.outcome?.tally.changed }
        #expect(changed == (0..<40).map { $0 == 0 ? 100 : $0 == 17 ? nil : $0 })
    }

    @Test func onlyThoseOfAQueueOrAnAuthor() async throws {
        let fixture = try await filled()
        let web = try await pages(of: 3, fixture, queue: "web").flatMap { $0 }
        #expect(web.map(\.target) == ["36", "32", "28", "24", "20", "16", "12", "8", "4"])
        let bob = try await pages(of: 2, fixture, queue: "mail", actor: "bob").flatMap { $0 }
        #expect(bob.map(\.target) == ["35", "30", "25", "15", "10", "5"])
        #expect(bob.map(\.outcome?.tally.changed) == [35, 30, 25, 15, 10, 5])
        #expect(try await pages(of: 3, fixture, actor: "bo").flatMap { $0 }.isEmpty)
    }

    /// A page that finds nothing still ends, and says where to go on.
    @Test func aRareAuthorCostsBoundedPages() async throws {
        let fixture = try await Fixture()
        _ = try await start("rare", "mail", fixture, by: "eve")
        let fields = Action.fields(Operator("ada", via: .tool, from: "h"), .jobsRetry, "x", "mail", reason: "")
        let words = ["XADD", fixture.store.keys.actions, "*"] + fields.flatMap { [$0.name, $0.value] }
        _ = try await fixture.store.pipeline(
            Array(repeating: RedisCommand(words), count: 6000), key: fixture.store.keys.actions)
        let pages = try await pages(of: 5, fixture, actor: "eve")
        #expect(pages.map(\.count) == [0, 1])
    }

    @Test(arguments: ["", "x", "1", "1-2-3", "1-0_", "1-0_x", "-1-0", "99999999999999999999-0", "1-0 2-0", "١-0"])
    func nonsenseIsNoCursor(_ text: String) async throws {
        let fixture = try await Fixture()
        let error = await #expect(throws: SluiceError.self) { try await fixture.inspector.actions(before: text) }
        #expect(error?.code == .invalidArgument)
        let other = await #expect(throws: SluiceError.self) { try await fixture.inspector.actionNews(after: text) }
        #expect(other?.code == .invalidArgument)
    }

    @Test func anEmptyLogIsAnEmptyPage() async throws {
        let fixture = try await Fixture()
        let page = try await fixture.inspector.actions()
        #expect(page.actions.isEmpty && page.next == nil)
        #expect(try await fixture.inspector.actionNews(after: nil).position == "0-0")
    }

    @Test func entriesOfOthersAreSkipped() async throws {
        let fixture = try await Fixture()
        _ = try await fixture.store.command(["XADD", fixture.store.keys.actions, "*", "hello", "world"])
        _ = try await fixture.store.command(["XADD", fixture.store.keys.actions, "*", "of", "nothing", "changed", "x"])
        let action = try await start("a", "mail", fixture)
        _ = try await fixture.store.command([
            "XADD", fixture.store.keys.actions, "*", "do", "later", "via", "future", "queue", "a b",
        ])
        let page = try await fixture.inspector.actions()
        #expect(page.actions.map(\.verb.rawValue) == ["later", "jobs retry"] && page.actions.last?.id == action)
        #expect(page.actions.first?.queue == nil && page.actions.first?.author.channel == .program)
        #expect(try await fixture.inspector.actionNews(after: "0-0").actions.count == 2)
    }

    @Test func newsTellBeginAndEnd() async throws {
        let fixture = try await Fixture()
        let first = try await start("a", "mail", fixture)
        var (news, position) = try await fixture.inspector.actionNews(after: nil)
        #expect(news.isEmpty && position == first)
        let second = try await start("b", "mail", fixture)
        try await end(first, 1, fixture)
        (news, position) = try await fixture.inspector.actionNews(after: position)
        #expect(news.map(\.target) == ["a", "b"] && news.map(\.outcome?.tally.changed) == [1, nil])
        try await end(second, 2, fixture)
        let third = try await start("c", "mail", fixture)
        try await end(third, 3, fixture)
        (news, position) = try await fixture.inspector.actionNews(after: position)
        #expect(news.map(\.target) == ["b", "c"] && news.map(\.outcome?.tally.changed) == [2, 3])
        #expect(try await fixture.inspector.actionNews(after: position).actions.isEmpty)
    }
}
