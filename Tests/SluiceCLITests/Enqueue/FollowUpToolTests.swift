import SluiceCore
import SluiceStore
import SluiceTesting
import Testing

@testable import SluiceCLI

/// Jobs behind others, from the tool.
@Suite(.timeLimit(.minutes(10)))
struct FollowUpToolTests {
    private struct Details: Decodable {
        struct Links: Decodable {
            struct Parent: Decodable { var id: String; var on_failed: String }
            var parent: Parent?
            var target: String?
            var followers: [String]
            var followers_count: Int
        }
        var state: String
        var links: Links
    }

    @Test func aJobIsPutBehindAnotherOneAndShown() async throws {
        let tool = try await Tool()
        #expect(try await tool.run("enqueue", "films", "--id", "render").status == 0)
        let second = try await tool.run(
            "enqueue", "web", "--id", "publish", "--after", "render", "--after-queue", "films", "--on-failed", "hold")
        #expect(second.status == 0)
        #expect(try await tool.run("enqueue", "films", "--id", "near", "--after", "render").status == 0)
        let shown = try await tool.run("jobs", "show", "publish", "--json").decoded(Details.self)
        #expect(shown.state == "suspended" && shown.links.target == "web")
        #expect(shown.links.parent?.id == "render" && shown.links.parent?.on_failed == "hold")
        let parent = try await tool.run("jobs", "show", "render", "--json").decoded(Details.self)
        #expect(parent.links.followers == ["publish", "near"] && parent.links.followers_count == 2)
        let card = try await tool.run("jobs", "show", "publish").output
        #expect(card.contains("render, or hold if that does not complete") && card.contains("queue web"))
        #expect(try await tool.run("jobs", "show", "render").output.contains("publish near"))
        let why = try await tool.run("jobs", "explain", "publish").output
        #expect(why.contains("it waits for the end of render, which is available; then it goes to queue web"))
    }

    @Test func aCompensationIsToldAsSuch() async throws {
        let tool = try await Tool()
        #expect(try await tool.run("enqueue", "films", "--id", "render").status == 0)
        let added = try await tool.run("enqueue", "films", "--id", "refund", "--after", "render", "--on-failed", "compensate")
        #expect(added.status == 0)
        let card = try await tool.run("jobs", "show", "refund").output
        #expect(card.contains("render, only if that does not complete"))
        let why = try await tool.run("jobs", "explain", "refund").output
        #expect(why.contains("it waits for the end of render, which is available; if that completes, it is cancelled"))
        #expect(try await tool.run("jobs", "cancel", "render").status == 0)
        #expect(try await tool.run("jobs", "show", "refund", "--json").decoded(Details.self).state == "available")
    }

    @Test func aDeadlineIsTakenAndShown() async throws {
        struct Dated: Decodable { var deadline: String? }
        let tool = try await Tool()
        #expect(try await tool.run("enqueue", "films", "--id", "render", "--deadline", "10m").status == 0)
        #expect(try await tool.run("enqueue", "films", "--id", "free").status == 0)
        #expect(try await tool.run("jobs", "show", "render", "--json").decoded(Dated.self).deadline != nil)
        #expect(try await tool.run("jobs", "show", "free", "--json").decoded(Dated.self).deadline == nil)
        #expect(try await tool.run("jobs", "show", "render").output.contains("deadline"))
        let why = try await tool.run("jobs", "explain", "render").output
        #expect(why.contains("unless it has ended, it is cancelled in 9m") || why.contains("it is cancelled in 10m"))
        #expect(try await tool.run("enqueue", "films", "--deadline", "0s").status == 2)
    }

    @Test func aParentThatIsNotThereIsRefused() async throws {
        let tool = try await Tool()
        let refused = try await tool.run("enqueue", "web", "--after", "never")
        #expect(refused.status == 1)
        #expect(refused.error.contains("never"))
        #expect(try await tool.run("enqueue", "web", "--after-queue", "films").status == 2)
        #expect(try await tool.run("enqueue", "web", "--on-failed", "hold").status == 2)
        #expect(try await tool.run("enqueue", "web", "--after", "a", "--on-failed", "die").status == 2)
    }
}
