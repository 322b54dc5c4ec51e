import Subprocess
import Testing

@testable import crawler

extension Programs {
    /// The scenario `crawler` as people run it: all requirements hold, and under the design that it replaces they do not.
    @Suite(.serialized, .timeLimit(.minutes(10)))
    struct CrawlerTests {
        private let crawler = ScenarioProgram(name: "crawler")

        @Test func everyRequirementHolds() async throws {
            let result = try await crawler("--quick")
            #expect(result.status == .exited(0), "\(result.output)\(result.error)")
            let marks = result.marks
            for requirement in Requirement.allCases {
                #expect(marks[requirement.name] == "ok", "\(requirement.name): \(result.output)")
            }
            #expect(result.output.contains("all requirements hold"))
        }

        @Test func fingerprintAndStateStopTheQueue() async throws {
            let result = try await crawler("--quick", "--as-original")
            #expect(result.status == .exited(1), "\(result.output)\(result.error)")
            let marks = result.marks
            for requirement in [Requirement.outcomesStored, .oneLive, .boundedRuns, .laterDue, .outage] {
                #expect(marks[requirement.name] == "FAIL", "\(requirement.name): \(result.output)")
            }
            #expect(result.output.contains("broken: B1, B2, B4, B5, B6"), "\(result.output)")
        }

        @Test func optionsThatMakeNoSenseAreRefused() async throws {
            #expect(try await crawler("--quick", "--full").status == .exited(2))
            #expect(try await crawler("--help").status == .exited(0))
        }
    }
}
