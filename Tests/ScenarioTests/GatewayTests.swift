import Subprocess
import Testing

@testable import image_gateway

extension Programs {
    /// The scenario `image-gateway` as people run it: all requirements hold, and under the design that it replaces they do not.
    @Suite(.serialized, .timeLimit(.minutes(10)))
    struct GatewayTests {
        private let gateway = ScenarioProgram(name: "image-gateway")

        @Test func everyRequirementHolds() async throws {
            let result = try await gateway("--quick")
            #expect(result.status == .exited(0), "\(result.output)\(result.error)")
            let marks = result.marks
            for requirement in Requirement.allCases {
                #expect(marks[requirement.name] == "ok", "\(requirement.name): \(result.output)")
            }
            #expect(result.output.contains("all requirements hold"))
        }

        @Test func hooksFromTheUpstreamAreTooEarly() async throws {
            let result = try await gateway("--quick", "--as-original")
            #expect(result.status == .exited(1), "\(result.output)\(result.error)")
            let marks = result.marks
            for requirement in [Requirement.confirmed, .onePredicate, .deadline, .compensation, .hooks, .actions] {
                #expect(marks[requirement.name] == "FAIL", "\(requirement.name): \(result.output)")
            }
            #expect(result.output.contains("broken: N1, N2, N4, N5, N6, N7"), "\(result.output)")
        }

        @Test func optionsThatMakeNoSenseAreRefused() async throws {
            #expect(try await gateway("--quick", "--full").status == .exited(2))
            #expect(try await gateway("--help").status == .exited(0))
        }
    }
}
