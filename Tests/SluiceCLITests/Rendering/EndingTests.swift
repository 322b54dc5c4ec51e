import ArgumentParser
import SluiceCore
import SluiceEmbedded
import SluiceToolSupport
import Testing

@testable import SluiceCLI

struct EndingTests {
    @Test func eachErrorHasItsStatus() {
        let expected: [SluiceError.Code: Int32] = [
            .unreachable: 3, .outcomeUnknown: 3, .authentication: 3, .protocolViolation: 3, .serverTooOld: 3, .readOnly: 3,
            .outOfMemory: 3, .unavailable: 3, .permission: 3, .foreignLibrary: 3, .newerVersion: 3, .invalidArgument: 2,
            .payloadTooLarge: 2, .fenced: 1, .stale: 1, .parentUnknown: 1, .jobUnknown: 1, .resultMissing: 1, .runLimit: 1,
            .batchEnded: 1, .unknownWorkflow: 1, .workflowEnded: 1, .noOutput: 1, .undecryptable: 1, .duplicate: 1, .queueFull: 1,
            .timedOut: 1, .closed: 1, .server: 1, .notConfirmed: 1,
        ]
        #expect(expected.count == SluiceError.Code.all.count)
        for (code, status) in expected {
            let ending = end(of: SluiceError(code, "why"))
            #expect(ending.status == status, "\(code)")
            #expect(ending.message.hasPrefix("why"))
            #expect(!ending.message.contains("\n"))
        }
        #expect(end(of: EmbeddedRedisError.notInstalled).status == 3)
        #expect(end(of: OutputClosed()) == end(of: ExitCode.success))
        #expect(end(of: ExitCode.no).status == 1)
        #expect(end(of: Failure("why")).status == 1)
    }

    @Test func adviceIsASentenceOfItsOwn() {
        let refused = end(of: SluiceError(.unreachable, "cannot reach Redis: h:1: connection refused")).message
        #expect(refused.contains("connection refused. Does it run there? See --redis"))
        // Who closes a connection does run.
        let closed = end(of: SluiceError(.unreachable, "cannot reach Redis: h:1: the server closed the connection")).message
        #expect(!closed.contains("Does it run") && closed.contains("connection. See --redis"))
        #expect(end(of: SluiceError(.authentication, "it said so.")).message.hasPrefix("it said so. Check user"))
    }

    private func end(of error: any Error) -> Ending { Ending(error, of: SluiceTool.self) }

    /// What parsing these arguments ends with.
    private func ending(_ arguments: [String]) async -> Ending? {
        do {
            var command = try await SluiceTool.asyncParseAsRoot(arguments)
            // Help is a command of its own, which ends by throwing what is to be printed.
            if !(command is any AsyncParsableCommand) { try command.run() }
            return nil
        } catch {
            return end(of: error)
        }
    }

    @Test(arguments: [
        ["bogus"], ["enqueue"], ["enqueue", "a b"], ["enqueue", "mail", "--bogus"], ["enqueue", "mail", "--jsn"],
        ["enqueue", "mail", "--delay", "5"],
        ["enqueue", "mail", "--delay", "5s", "--at", "5"], ["enqueue", "mail", "--at", "soon"],
        ["enqueue", "mail", "--lines", "--json-lines"], ["enqueue", "mail", "--lines", "--args", "{}"],
        ["enqueue", "mail", "--lines", "--id", "a"], ["enqueue", "mail", "--id", "a b"],
        ["enqueue", "mail", "--max-attempts", "0"],
        ["enqueue", "mail", "--timeout", "0s"], ["enqueue", "mail", "--partition", "a=1", "--partition", "a=2"],
        ["enqueue", "mail", "--priority", "x"], ["jobs", "show"], ["jobs", "cancel"], ["jobs", "reschedule", "a"],
        ["worker", "mail", "webhooks", "--exec", "cat"],
        ["jobs", "list", "--state", "done"], ["jobs", "list", "--limit", "0"], ["queues", "pause"],
        ["--namespace", "a:b", "status"],
    ]) func nonsenseIsUsage(arguments: [String]) async {
        let ending = await ending(arguments)
        #expect(ending?.status == 2)
        #expect(ending?.output == "")
        #expect(ending?.message.contains("--help'") == true)
        #expect(ending?.message.contains("\n") == false)
        #expect(ending?.message.contains("?.") == false)
    }

    @Test func groupsListUnlessToldOtherwise() async throws {
        #expect(try await SluiceTool.asyncParseAsRoot(["jobs", "--state", "executing"]) is JobsListCommand)
        #expect(try await SluiceTool.asyncParseAsRoot(["queues"]) is QueuesListCommand)
        let workers = try await SluiceTool.asyncParseAsRoot(["workers", "--json"]) as? WorkersListCommand
        #expect(workers?.global.json == true)
    }

    @Test(arguments: [
        ["--help"], ["--version"], ["help", "jobs"], ["jobs", "list", "-h"], ["--generate-completion-script", "bash"],
    ])
    func questionsAreAnswered(arguments: [String]) async {
        let ending = await ending(arguments)
        #expect(ending?.status == 0)
        #expect(ending?.output.isEmpty == false)
        #expect(ending?.message == "")
    }

    @Test func globalOptionsAreTakenBeforeAndAfterTheCommand() async throws {
        func options(_ arguments: [String]) async throws -> GlobalOptions {
            try #require(try await SluiceTool.asyncParseAsRoot(arguments) as? JobsListCommand).global
        }
        #expect(try await options(["jobs", "list"]).json == false)
        #expect(try await options(["--json", "jobs", "list"]).json)
        #expect(try await options(["jobs", "--json", "list"]).json)
        #expect(try await options(["jobs", "list", "--json"]).json)
        #expect(try await options(["--redis", "redis://a", "jobs", "list"]).redis == "redis://a")
        #expect(try await options(["--redis", "redis://a", "jobs", "list", "--redis", "redis://b"]).redis == "redis://b")
        #expect(try await options(["--namespace", "a", "jobs", "list", "--namespace", "b"]).namespace?.text == "b")
    }

    @Test(arguments: ["--priority", "--delay", "--partition"]) func aLongValueIsNotRepeatedInFull(option: String) async {
        let message =
            await ending(["enqueue", "mail", option, String(repeating: "x", count: 5000) + "\n\u{85}\r"])?.message ?? ""
        #expect(message.contains("xxx") && message.count < 700 && message.contains("--help'"), "\(message)")
        #expect(!message.unicodeScalars.contains { $0.properties.generalCategory == .control })
    }

    @Test func aNumberBelowNothingIsNoValue() async throws {
        let refused = try await Tool.run(["limits", "set", "mail", "depth", "-1"])
        #expect(refused.status == 2 && refused.error.contains("'-1' is no value here: numbers are 0 or more."), "\(refused)")
    }

    @Test func anEndInThePastIsRefused() async {
        let message =
            await ending(["cron", "add", "e", "@daily", "--queue", "q", "--end", "2020-01-01T00:00:00Z"])?.message ?? ""
        #expect(message.contains("--end 2020-01-01T00:00:00.000Z is in the past"), "\(message)")
    }
}
