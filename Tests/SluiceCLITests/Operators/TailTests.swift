import Foundation
import SluiceTesting
import Subprocess
import SystemPackage
import Testing

@testable import SluiceCLI

@Suite(.timeLimit(.minutes(10)))
struct TailTests {
    /// Runs a pipeline that begins with `sluice tail`, and enqueues until it ends.
    private func follow(_ tool: Tool, _ options: String, _ reader: String) async throws -> (output: String, error: String) {
        let script = "{ \"$0\" --redis \"$1\" --namespace \"$2\" tail \(options); echo ended with $? >&2; } | \(reader)"
        _ = try await tool.run("enqueue", "mail")
        let path = try Tool.path
        let (url, namespace) = (tool.url, tool.namespace)
        return try await withThrowingTaskGroup(of: (output: String, error: String)?.self) { group in
            group.addTask {
                let result = try await run(
                    .name("sh"), arguments: ["-c", script, path, url, namespace],
                    output: .string(limit: 1 << 16), error: .string(limit: 1 << 16))
                return (result.standardOutput, result.standardError)
            }
            group.addTask {
                // When the tail has begun cannot be seen from outside, so there is something to see again and again.
                while !Task.isCancelled { _ = try await tool.run("enqueue", "mail") }
                return nil
            }
            defer { group.cancelAll() }
            while let result = try await group.next() {
                if let result { return result }
            }
            throw CancellationError()
        }
    }

    @Test func itEndsQuietlyWithItsReader() async throws {
        let result = try await follow(try await Tool(), "mail", "head -n 1")
        #expect(result.output.contains("mail  new → available"))
        #expect(result.error == "ended with 0\n")
    }

    @Test func eachLineIsADocument() async throws {
        struct Line: Decodable {
            var at: String
            var queue: String
            var from: String?
            var to: String?
            var ids: [String]
            var worker: String?
        }
        let result = try await follow(try await Tool(), "--json", "head -n 2")
        let lines = try result.output.split(separator: "\n").map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
        #expect(lines.map(\.queue) == ["mail", "mail"])
        #expect(lines.map(\.to) == ["available", "available"])
        #expect(lines.allSatisfy { $0.from == nil && $0.ids.count == 1 && $0.at.hasSuffix("Z") })
    }

    @Test func itEndsWhenNobodyReadsThoughNothingHappens() async throws {
        let tool = try await Tool()
        let result = try await run(
            .name("sh"),
            arguments: ["-c", "{ \"$0\" --redis \"$1\" tail; echo ended with $? >&2; } | true", try Tool.path, tool.url],
            output: .string(limit: 1 << 16), error: .string(limit: 1 << 16))
        #expect(result.standardError == "ended with 0\n")
    }

    @Test func aFullDiskIsAnError() async throws {
        let result = try await run(
            .name("sh"), arguments: ["-c", "\"$0\" library show > /dev/full", try Tool.path],
            output: .string(limit: 1 << 16), error: .string(limit: 1 << 16))
        #expect(result.terminationStatus == .exited(1))
        #expect(result.standardError.contains("cannot write to standard output"))
    }
}
