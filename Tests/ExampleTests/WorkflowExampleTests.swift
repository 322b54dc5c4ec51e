import Foundation
import Subprocess
import Testing

/// `example-workflow` adds up what the jobs before the last one returned.
@Suite(.timeLimit(.minutes(10)))
struct WorkflowExampleTests {
    @Test func wordsOfAllFilesAreCounted() async throws {
        let program = try await Program("example-workflow")
        let files = [Program.newFile(), Program.newFile(), Program.newFile()]
        defer { for file in files { try? FileManager.default.removeItem(at: file) } }
        for (file, text) in zip(files, ["to be or not to be\n", "", "that is\nthe question"]) {
            try Data(text.utf8).write(to: file)
        }
        let result = try await program(files[0].path, files[1].path, files[2].path)
        #expect(result.status == .exited(0), "\(result.error)")
        #expect(result.output == "10 words in 3 files\n")
    }

    @Test func aFileThatIsMissingFailsTheWorkflow() async throws {
        let program = try await Program("example-workflow")
        let result = try await program(Program.newFile().path)
        #expect(result.status == .exited(1), "\(result.error)")
        #expect(result.output.hasPrefix("the workflow "), "\(result.output)")
        #expect(result.output.contains("see: sluice workflows show "), "\(result.output)")
    }
}
